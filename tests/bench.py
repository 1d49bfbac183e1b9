"""What the studio must show, measured on this machine: `python -m tests.bench` prints one table.

    python -m tests.bench [--quick] [WORD ...]

`--quick` leaves out what takes longer than a few seconds; words choose the measures whose names contain one.
Absolute times are this machine's, on this day; two figures within one run can be compared. Nothing here is
asserted: the tests count, the bench times.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import socket
import sqlite3
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType

import numpy as np
from PIL import Image, ImageDraw

from studio import Session, Studio, images
from studio.errors import NotFound
from studio.models.base import Progress, Request
from studio.models.swatch import Swatch
from studio.replay import Watch
from studio.session import first_operation
from studio.store import Store
from studio.timeline import Ask, Operation, Plan, Step, Timeline, Turn, Version, View, grown
from tests.kills import Small, survive

ROOT = Path(__file__).parents[1]
SIDE = 1024
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Row:
    """A line of the table. `well` says whether the figure keeps to its bar; None where there is no bar."""

    measure: str
    figure: str
    bar: str = "-"
    well: bool | None = None


Measure = Callable[[], Iterator[Row]]
MEASURES: dict[str, tuple[Measure, bool]] = {}


def measure(*, slow: bool = False) -> Callable[[Measure], Measure]:
    """Put a function into the table of measures; a slow one is left out by `--quick`."""

    def enter(function: Measure) -> Measure:
        MEASURES[function.__name__] = function, slow
        return function

    return enter


# --- starting ----------------------------------------------------------------------------------------------

BARE = """
import sys
import gradio as gr
with gr.Blocks() as demo:
    gr.Markdown("hello")
demo.launch(server_port=int(sys.argv[1]))
"""


@measure(slow=True)
def starting() -> Iterator[Row]:
    """From the command to HTTP 200, in turns with a bare Gradio app started the same way."""
    ours, bare = [], []
    for _ in range(3):
        with folder() as path:
            ours.append(_until_up("app.py", "--folder", str(path), "--port"))
        bare.append(_until_up("-c", BARE))
    us, it = statistics.median(ours), statistics.median(bare)
    figure = f"{us / it:.2f} x ({us:.2f} s, bare {it:.2f} s)"
    yield Row("python app.py to HTTP 200, against a bare gr.Blocks()", figure, "1.3 x", us <= 1.3 * it)


def _until_up(*command: str) -> float:
    """Seconds from starting the command, its last argument a free port, until its page answers."""
    with _served(*command) as (_, took):
        return took


@contextmanager
def _served(*command: str) -> Iterator[tuple[str, float]]:
    """The address of a page that answers, and how many seconds it took to; stopped afterwards."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    quiet = {**os.environ, "GRADIO_ANALYTICS_ENABLED": "False"}
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *command, str(port)], cwd=ROOT, env=quiet, stdout=subprocess.DEVNULL
    )
    try:
        while not _answers(address):
            if process.poll() is not None or time.perf_counter() - start > 120:
                raise RuntimeError(f"{command[0]} did not come up")
            time.sleep(0.02)
        yield address, time.perf_counter() - start
    finally:
        process.terminate()
        process.wait(20)


def _answers(address: str) -> bool:
    try:
        with DIRECT.open(address, timeout=20) as answer:
            return answer.status == 200
    except (urllib.error.URLError, ConnectionError):
        return False


def _called(address: str, name: str, *values: object) -> list[object]:
    """What the studio's API answers over HTTP."""
    data = json.dumps({"data": values}).encode()
    call = urllib.request.Request(
        f"{address}/gradio_api/call/{name}", data, {"Content-Type": "application/json"}
    )
    with DIRECT.open(call, timeout=60) as answer:
        event = json.load(answer)["event_id"]
    with DIRECT.open(f"{address}/gradio_api/call/{name}/{event}", timeout=120) as answer:
        lines = answer.read().decode().splitlines()
    ended = lines.index("event: complete")
    return json.loads(lines[ended + 1].removeprefix("data: "))


# --- one turn ----------------------------------------------------------------------------------------------


@measure()
def turn() -> Iterator[Row]:
    """From `say` to committed, and what a turn's parts cost when done again by themselves."""
    with studio(Swatch()) as (_, session):
        session.say("a red boat on a calm sea", seed=0)
        yield from _turn_rows(
            session, "a turn at 1024 x 1024, swatch", 120, lambda n: session.say("night", seed=n)
        )
    with studio(Swatch()) as (_, session):
        session.say("", images=[photograph()])
        mask = disc(0.5)
        words = "a masked edit of a noisy photograph at 1024 x 1024, swatch"
        yield from _turn_rows(session, words, None, lambda n: session.say("a tree", mask=mask, seed=n))


def _turn_rows(session: Session, words: str, bar: int | None, say: Callable[[int], object]) -> Iterator[Row]:
    say(100)
    before = session.picture
    took = median(9, say)
    after = session.picture
    assert before is not None
    assert after is not None
    parts = {
        "PNG": median(5, lambda _: images.to_png(after)),
        "digest": median(5, lambda _: images.digest(after)),
        "receipt": median(5, lambda _: images.compare(before, after, None)),
    }
    shares = ", ".join(f"{name} {part.work / took.work:.0%}" for name, part in parts.items())
    largest = max(parts, key=lambda name: parts[name].work)
    yield Row(words, str(took), f"{bar} ms" if bar else "-", took.clock * 1000 <= bar if bar else None)
    yield Row("   its parts, as shares of the work", shares, "PNG most", largest == "PNG")


@measure()
def mask() -> Iterator[Row]:
    """What a message with a painted mask sends up: the body of the request as the page makes it."""
    painted = Image.new("L", (SIDE, SIDE))
    pen = ImageDraw.Draw(painted)
    stroke = [(80 + x, 300 + 120 * np.sin(x / 60)) for x in range(0, 700, 4)]
    pen.line(stroke, fill=255, width=60, joint="curve")
    pen.polygon([(600, 500), (900, 560), (960, 800), (780, 950), (560, 820), (640, 680)], fill=255)
    pen.rectangle((100, 700, 420, 960), fill=255)
    body = {
        "data": [
            {"key": "x" * 22, "window": 80},
            {"text": "add a tree with yellow leaves", "files": []},
            {"version": "0" * 32, "mask": images.runs_from_mask(painted)},
            None,
        ],
        "event_data": None,
        "fn_index": 3,
        "trigger_id": 12,
        "session_hash": "0123456789a",
    }
    size = len(json.dumps(body).encode())
    yield Row(
        "a masked edit sends up (stroke, lasso, rectangle)", f"{size / 1000:.1f} kB", "10 kB", size <= 10_000
    )


# --- rewriting ---------------------------------------------------------------------------------------------


class Deaf(Swatch):
    """A model that listens to the seed and not to the words, so that other words come to the same pixels."""

    def run(self, request: Request) -> Image.Image:
        return super().run(replace(request, prompt=""))


@measure()
def rewriting() -> Iterator[Row]:
    """Steps that really ran when turn 2 of 10 was changed."""
    edits = [
        f"make it {word}" for word in ("red", "blue", "green", "warm", "cold", "dark", "old", "new", "wet")
    ]
    afresh = [*edits[:4], "new picture: a boat", *edits[5:]]
    for words, model, said, expected in (
        ("turn 2 of 10 rewritten", Swatch(), edits, 9),
        ("the same, turn 6 starts a new picture", Swatch(), afresh, 4),
        ("the same, the new words come to the same pixels", Deaf(), edits, 1),
    ):
        with studio(model) as (folder, session):
            session.say("a red boat on a calm sea", seed=1)
            for text in said:
                session.say(text, seed=1)
            before = _results(folder)
            session.revise("t2", text="make it purple")
            ran = _results(folder) - before
        yield Row(f"steps run: {words}", str(ran), str(expected), ran == expected)


def _results(folder: Path) -> int:
    """How many steps were ever run and recorded there."""
    with closing(sqlite3.connect(folder / "studio.db")) as db:
        return int(db.execute("SELECT count(*) FROM results").fetchone()[0])


@measure(slow=True)
def known() -> Iterator[Row]:
    """A rewrite of 200 turns in which every result is known: all versions are new, and nothing is drawn."""
    with folder() as path:
        model = Small()
        work = Studio(path, model=model)
        session = work.open("bench")
        session.say("", images=[photograph(64)])
        edits = [edit(f"t{n}", f"word {n}", n) for n in range(2, 201)]
        session.rewrite([session.turns[0], *edits])
        ran = model.runs

        warm = median(5, lambda n: _reworded(session, n))
        work.close()
        cold = min((_known_cold(path, model, n) for n in range(3)), key=lambda took: took.clock)
        assert model.runs == ran, "something was drawn"
    for words, took in (("", warm), (", studio just opened", cold)):
        yield Row(f"a fully known rewrite of 200 turns{words}", str(took), "100 ms", took.clock <= 0.1)


def _reworded(session: Session, n: int) -> None:
    """The first turn in other words, with the same plan: all that follows is applied again."""
    first = replace(session.turns[0], ask=replace(session.turns[0].ask, text=f"words {n}"))
    session.rewrite([first, *session.turns[1:]])


def _known_cold(path: Path, model: Swatch, n: int) -> Took:
    """What the rewrite takes in a studio that was just opened."""
    work = Studio(path, model=model)
    session = work.open("bench")
    took = median(1, lambda _: _reworded(session, 100 + n))
    work.close()
    return took


# --- a long history ----------------------------------------------------------------------------------------


@measure(slow=True)
def history() -> Iterator[Row]:
    """2,000 versions in one session: half in a line, half on twenty branches; every fourth has two takes."""
    short, long = (_long_session(count) for count in (200, 2000))
    for words, took in (
        ("opening", long.opening),
        ("checking out", long.going),
        ("drawing timeline, notebook and canvas anew", long.drawing),
    ):
        yield Row(f"2,000 versions: {words}", str(took), "200 ms", took.clock <= 0.2)
    yield Row("2,000 versions: whether a thumbnail is the session's", str(long.knowing))
    figure = f"{long.sent / 1000:.1f} kB ({short.sent / 1000:.1f} kB at 200)"
    yield Row("2,000 versions: sent to the page", figure, "no growth (1.1 x)", long.sent <= 1.1 * short.sent)


@dataclass(frozen=True)
class Long:
    """What a session of many versions takes: seconds, and bytes sent to the page."""

    opening: Took
    going: Took
    drawing: Took
    knowing: Took
    sent: int


def _long_session(count: int) -> Long:
    with folder() as path:
        first = _write_long(path, count)
        studios: list[Studio] = []

        def open_it(_: int) -> None:
            studios.append(Studio(path, model="swatch"))
            studios[-1].open("bench")

        opening = median(5, open_it)
        session = studios[-1].open("bench")
        going = median(6, lambda n: session.go([first, "main"][n % 2]))
        drawing = median(5, lambda _: _sent(session))
        knowing = median(5, lambda _: session.knows("0" * 40))
        sent = _sent(session)
        for work in studios:
            work.close()
    return Long(opening, going, drawing, knowing, sent)


def _sent(session: Session) -> int:
    """Bytes of everything a page is sent to show the session."""
    from studio.ui import chat, show

    seen = (show.graph(session, 80), show.canvas(session, None), show.bar(session, None))
    return len(json.dumps([*seen, chat.messages(session)], default=vars).encode())


def _write_long(path: Path, count: int, branches: int = 20) -> str:
    """A session of that many versions, written at once; the id of its first version."""
    store = Store(path)
    digests = [store.put(Image.new("RGB", (64, 64), (n, 90, 120))) for n in range(64)]
    versions: dict[str, Version] = {}
    tips: dict[str, str | None] = {"main": None}
    operations = list(first_operation(0.0).operations)

    def add(branch: str) -> None:
        n = len(versions) + 1
        takes = (n, n + 1) if n % 4 == 0 else ()
        turn = edit(f"t{n}", f"make the sky number {n} a little darker", n, takes)
        version = grown(tips[branch], turn, digests[n % 64])
        versions[version.id] = version
        tips[branch] = version.id
        view = View(MappingProxyType(dict(tips)), branch, version.id)
        here = len(operations)
        operations.append(Operation("say", version.turn.ask.text, float(n), view, here - 1, here))

    for _ in range(count // 2):
        add("main")
    line = list(versions)
    for number in range(branches):
        tips[f"branch {number}"] = line[number * len(line) // branches]
        for _ in range(count // 2 // branches):
            add(f"branch {number}")
    receipts = {id: _receipt(version) for id, version in versions.items()}
    start = first_operation(0.0)
    key = store.create("bench", start)
    store.append(key, start, Timeline(MappingProxyType(versions), tuple(operations)), receipts)
    store.close()
    return line[0]


def _receipt(version: Version) -> Mapping[str, object]:
    return {
        "ops": ["edit"], "seconds": 0.4, "seed": 1, "model": "swatch-1", "changed": 0.5, "outside": 0,
        "shift": [0.0, 0.0], "notes": [], "target": version.parent, "takes": [version.image],
    }  # fmt: skip


# --- masks -------------------------------------------------------------------------------------------------


class Costly(Swatch):
    """Swatch that takes time for every pixel, as a model does: 0.14 s for 256 x 256."""

    def run(self, request: Request) -> Image.Image:
        drawn = super().run(request)
        time.sleep(0.14 * drawn.width * drawn.height / 256**2)
        return drawn


@measure(slow=True)
def masked() -> Iterator[Row]:
    """A masked edit of a twentieth of the picture, against an edit of the whole."""
    with studio(Costly()) as (_, session):
        session.say("", images=[photograph()])
        small = disc(0.05)
        part = median(3, lambda n: session.say("a tree", mask=small, seed=n)).clock
        whole = median(3, lambda n: session.say("make it night", seed=n)).clock
    figure = f"{part / whole:.2f} x ({part:.2f} s of {whole:.2f} s)"
    yield Row("a masked edit of 5% of 1024 x 1024, against the whole", figure, "0.35 x", part <= 0.35 * whole)


@measure()
def watched() -> Iterator[Row]:
    """Ten masked edits in a row, and a region that none of them was asked to touch."""
    with studio(Swatch()) as (_, session):
        session.say("", images=[photograph(512)])
        yield _watched_row(session, "swatch")


def _watched_row(session: Session, model: str) -> Row:
    """Ten edits with masks that leave the upper left quarter alone."""
    assert session.picture is not None
    wide, high = session.picture.size
    quarter = (0, 0, wide // 2, high // 2)
    before = session.picture.crop(quarter).tobytes()
    for n in range(10):
        free = Image.new("L", (wide, high))
        ImageDraw.Draw(free).ellipse(
            (n * wide // 30, high * 0.55, wide * (n + 12) // 24, high * 0.95), fill=255
        )
        session.say("a tree", mask=free, seed=n)
    same = session.picture.crop(quarter).tobytes() == before
    figure = "identical" if same else "CHANGED"
    return Row(f"a watched region after ten masked edits, {model}", figure, "identical", same)


# --- the embedded model ------------------------------------------------------------------------------------


@measure(slow=True)
def pocket() -> Iterator[Row]:
    """The embedded model: behind the page, and in a process of its own."""
    with folder() as path, _served("app.py", "--folder", str(path), "--port") as (address, _):
        up = time.perf_counter()
        key = _called(address, "new_session")[0]
        _called(address, "say", key, "a red apple on a green meadow", 1, None)
        first = time.perf_counter() - up
        again = median(3, lambda n: _called(address, "say", key, "new picture: a blue boat", n, None)).clock
    loaded = first - again
    figure = f"{loaded:.1f} s (first picture {first:.1f} s, later ones {again:.1f} s)"
    yield Row("pocket: from the page's being up to the model's being loaded", figure, "3 s", loaded <= 3)
    program = "from tests.bench import pocket_figures; pocket_figures()"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        yield Row("pocket", done.stderr.strip().splitlines()[-1][:60], "-", False)
        return
    found = json.loads(done.stdout.splitlines()[-1])
    yield Row("pocket: loading by itself, its libraries included", f"{found['load']:.2f} s")
    for words, name, bar in (
        ("a picture of 512 x 512, say to committed", "picture", 1.5),
        ("its first preview", "preview", 0.3),
    ):
        took = found[name]
        figure = "none came" if took is None else f"{took:.2f} s"
        yield Row(f"pocket: {words}", figure, f"{bar:g} s", took is not None and took <= bar)
    yield Row(**found["watched"])


def pocket_figures() -> None:
    """Print what `pocket` shows as JSON: seconds to load, for a warm picture and its first preview."""
    with folder() as path:
        work = Studio(path, model="pocket")
        start = time.perf_counter()
        work.model()
        load = time.perf_counter() - start
        session = work.open("bench")
        session.say("new picture: a red apple on a green meadow", seed=0)
        previews: list[float] = []

        def draw(n: int) -> None:
            began, seen = time.perf_counter(), len(previews)

            def progress(now: Progress) -> None:
                if now.preview is not None and len(previews) == seen:
                    previews.append(time.perf_counter() - began)

            session.say("new picture: a blue boat on a calm sea", seed=n, watch=Watch(progress))

        picture = median(5, draw, start=1).clock
        preview = statistics.median(previews) if previews else None
        row = _watched_row(session, "pocket")
        work.close()
    print(json.dumps({"load": load, "picture": picture, "preview": preview, "watched": vars(row)}))


# --- keeping -----------------------------------------------------------------------------------------------


@measure(slow=True)
def kills() -> Iterator[Row]:
    """Fifty kills at random moments of a busy session, and what is left after each."""
    with folder() as path:
        survived = survive(path, 50, seed=5)
    figure = f"{len(survived.faults)} faults, {survived.acknowledged} versions acknowledged"
    yield Row(f"{survived.kills} kills of a busy session", figure, "0 faults", not survived.faults)


@measure()
def apart() -> Iterator[Row]:
    """A session's key opens its own pictures only. What two browsers see is for the tests to say."""
    with folder() as path:
        work = Studio(path, model="swatch")
        here, there = work.session(work.create("one")), work.session(work.create("two"))
        here.say("", images=[photograph(64)])
        assert here.head is not None
        try:
            work.image(there.key, str(here.head.image))
            figure = "SHOWN"
        except NotFound:
            figure = "refused"
        work.close()
    yield Row("a picture of one session by the key of another", figure, "refused", figure == "refused")


# --- tools -------------------------------------------------------------------------------------------------


@contextmanager
def folder() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    with TemporaryDirectory(prefix="pentimento-bench-") as path:
        yield Path(path)


@contextmanager
def studio(model: Swatch) -> Iterator[tuple[Path, Session]]:
    """A studio in a folder of its own, and an empty session."""
    with folder() as path:
        work = Studio(path, model=model)
        yield path, work.open("bench")
        work.close()


@dataclass(frozen=True)
class Took:
    """Seconds on the clock, and of a processor: far apart, they say that others kept the machine busy."""

    clock: float
    work: float

    def __str__(self) -> str:
        return f"{self.clock * 1000:.0f} ms ({self.work * 1000:.0f} of work)"


def median(times: int, work: Callable[[int], object], start: int = 0) -> Took:
    """What the work takes, the median of so many runs, each given its number."""
    clock, busy = [], []
    for n in range(start, start + times):
        gc.collect()
        began, worked = time.perf_counter(), time.process_time()
        work(n)
        clock.append(time.perf_counter() - began)
        busy.append(time.process_time() - worked)
    return Took(statistics.median(clock), statistics.median(busy))


def photograph(side: int = SIDE) -> Image.Image:
    """A picture that costs what a photograph costs: smooth colours with a little noise."""
    y, x = np.mgrid[0:side, 0:side] / side
    colours = np.stack([np.sin(6 * y + 3 * x), np.cos(5 * x - y), np.sin(9 * x * y)], axis=-1)
    noise = np.random.default_rng(0).normal(0, 3, colours.shape)
    return Image.fromarray(np.clip(128 + 100 * colours + noise, 0, 255).astype(np.uint8))


def disc(share: float) -> Image.Image:
    """A mask of that share of a large canvas, in its middle."""
    radius = SIDE * (share / np.pi) ** 0.5
    painted = Image.new("L", (SIDE, SIDE))
    ImageDraw.Draw(painted).ellipse([SIDE / 2 + d * radius for d in (-1, -1, 1, 1)], fill=255)
    return painted


def edit(id: str, words: str, seed: int, takes: tuple[int, ...] = ()) -> Turn:
    """A turn as the director makes it: the canvas changed as the words say."""
    step = Step("edit", words, {"seed": seed}, {"canvas": "canvas"})
    return Turn(id, Ask(words), Plan(f"Changing the picture: {words}.", (step,), takes))


def main() -> None:
    """Measure what was asked for, and print the table."""
    parser = argparse.ArgumentParser(description="Measure what the studio must show.")
    parser.add_argument("--quick", action="store_true", help="leave out what takes long")
    parser.add_argument("words", nargs="*", help="only measures with one of these in their names")
    wanted = parser.parse_args()
    rows = []
    for name, (function, slow) in MEASURES.items():
        if wanted.words and not any(word in name for word in wanted.words):
            continue
        if wanted.quick and slow:
            rows.append(Row(name, "left out by --quick"))
            continue
        print(f"measuring: {name} ...", file=sys.stderr, flush=True)
        rows += function()
    _print(rows)


def _print(rows: list[Row]) -> None:
    cells = [("measure", "figure", "bar", "")]
    cells += [(r.measure, r.figure, r.bar, {True: "ok", False: "OVER", None: ""}[r.well]) for r in rows]
    widths = [max(len(line[column]) for line in cells) for column in range(4)]
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    print(f"{os.cpu_count()} cores, load {load:.1f}, Python {sys.version.split()[0]}\n")
    for line in cells:
        print("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


if __name__ == "__main__":
    main()
