"""What each event of the page asks of the studio; a refusal is caught here and shown as a line.

Every event first collects, in the browser, which session the page is on (`Where`, from the address bar) and
what is painted; asks the studio for one thing; and shows the session again. Nothing about a session is kept
here. Jobs go on without the page: its script follows them by the pulse (`serve.pulse`) and asks for a
`refresh` when something changed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr
from gradio.utils import get_upload_folder
from PIL import Image

from studio import uploads
from studio.api import Studio
from studio.errors import BadInput, BadPicture, NotFound, StudioError
from studio.images import mask_from_runs
from studio.jobs import Job
from studio.ui import chat, choosing, panel, show
from studio.ui.bar import Told
from studio.ui.canvas import Painted
from studio.ui.guard import UPLOAD_LIMIT, Doors

NODES = 80  # versions in the timeline before older ones are asked for
GRACE = 0.15  # seconds to wait for a job that may end at once
UNNAMED = "Untitled"
LONGEST_TITLE = 48
BUSY = "Still drawing. Your words are kept; send them when it is done, or press stop."


class Where(NamedTuple):
    """Which session a page is on, how much of its past it shows, and the job whose words it still holds."""

    key: str
    nodes: int
    mine: str | None

    @classmethod
    def of(cls, sent: object) -> Where:
        """From what the browser sent, whatever that is."""
        told = sent if isinstance(sent, dict) else {}
        key, nodes, mine = told.get("key"), told.get("nodes"), told.get("mine")
        return cls(
            key if isinstance(key, str) else "",
            min(max(nodes, NODES), 2000) if isinstance(nodes, int) else NODES,
            mine if isinstance(mine, str) else None,
        )


@dataclass
class Events:
    """The handlers of the page, over one studio. `sent`: the last messages, to put one back if it fails."""

    studio: Studio
    doors: Doors
    sent: OrderedDict[str, dict[str, Any]] = field(default_factory=OrderedDict)

    # --- showing -----------------------------------------------------------------------------------------

    def shown(
        self, where: Where, notice: str = "", message: Any = None, told: Told | None = None
    ) -> list[Any]:
        """Everything that depends on the session, in the order of the page's outputs."""
        session = self.studio.session(where.key)
        job = self.studio.job(where.key)
        return [
            chat.messages(session, job, notice),
            show.canvas(session, job),
            show.graph(session, where.nodes),
            show.bar(session, job, told),
            panel.panels(self.studio, session),
            gr.skip() if message is None else message,
        ]

    def arrive(self, sent: Any) -> list[Any]:
        """The page was opened, or another session chosen: show it, or a new one if the link leads nowhere."""
        where = Where.of(sent)
        try:
            return self.shown(where)
        except NotFound:
            lost = "That session is not in this studio, so here is a new one." if where.key else ""
            return self.shown(where._replace(key=self._blank()), lost)

    def _blank(self) -> str:
        """A session in which nothing happened yet; in a studio of one's own, one that was left so."""
        if self.doors.private:
            unused = [entry.key for entry in self.studio.list() if not entry.pictures]
            for key in unused[:1]:
                if self.studio.session(key).head is None and self.studio.job(key) is None:
                    return key
        return self.studio.create()

    def refresh(self, sent: Any) -> list[Any]:
        """Something changed elsewhere: a job went on, another tab did something."""
        return self._asking(Where.of(sent), lambda: None)

    def _asking(self, where: Where, ask: Callable[[], object]) -> list[Any]:
        """Do one thing and show what came of it; a refusal becomes a line in the notebook."""
        try:
            ask()
        except StudioError as error:
            return self._refused(where, str(error))
        return self.shown(where, message=self._unsaid(where))

    def _refused(self, where: Where, sentence: str) -> list[Any]:
        try:
            return self.shown(where, sentence)
        except NotFound:
            return self.arrive({})

    def _unsaid(self, where: Where) -> Any:
        """The words of this page's own message that came to nothing, to be put back in the box."""
        job = self.studio.job(where.key)
        if job is None or job.id != where.mine or job.state not in {"failed", "stopped"}:
            return None
        return self.sent.pop(job.id, None)

    # --- saying ------------------------------------------------------------------------------------------

    def say(self, sent: Any, message: Any, painted: Painted, seed: Any) -> list[Any]:
        """A message was sent. It stays in the box until the studio has taken it."""
        where = Where.of(sent)
        words, files = _said(message)
        if self._busy(where.key):
            return self.shown(where, told={"toast": BUSY})
        try:
            job = self._start(where.key, words, files, painted, seed, sent)
        except StudioError as error:
            return self._refused(where, str(error))
        self._remember(job, words, files)
        job.wait(GRACE)
        failed = job.state == "failed"
        told: Told = {"sent": job.id, "cleared": not failed}
        return self.shown(where, message=None if failed else gr.update(value=None), told=told)

    def _start(
        self, key: str, words: str, files: Sequence[str], painted: Painted, seed: Any, sent: Any
    ) -> Job:
        if not words.strip() and not files:
            raise BadInput("Say what to draw or change, or add a picture.")
        mask = mask_from_runs(dict(painted["mask"])) if painted["mask"] else None
        pictures = [read(path) for path in files]
        number = _number(seed)
        settings, controls = choosing.settings(sent)
        guides = {kind: self.studio.image(key, digest) for kind, digest in controls.items()}
        job = self.studio.say(
            key, words, mask=mask, images=pictures, seed=number, settings=settings, controls=guides,
            at=painted["version"],
        )  # fmt: skip
        self._title(key, words)
        return job

    def _title(self, key: str, words: str) -> None:
        """A session is called after its first words until somebody names it."""
        session = self.studio.session(key)
        if session.name == UNNAMED and session.head is None and words.strip():
            self.studio.rename(key, _shortened(words))

    def _remember(self, job: Job, words: str, files: Sequence[str]) -> None:
        self.sent[job.id] = {"text": words, "files": list(files)}
        while len(self.sent) > 64:
            self.sent.popitem(last=False)

    def _busy(self, key: str) -> bool:
        job = self.studio.job(key)
        return job is not None and job.drawing

    def example(self, sent: Any, event: gr.SelectData) -> list[Any]:
        """An example in the empty notebook was clicked: it is said."""
        text = event.value.get("text", "") if isinstance(event.value, dict) else ""
        return self.say(sent, {"text": text, "files": []}, Painted(version=None, mask=None), None)

    def edit(self, sent: Any, event: gr.EditData) -> list[Any]:
        """The words of a cell were changed in place: later cells are applied again."""
        where = Where.of(sent)

        def ask() -> None:
            turn = chat.turn_at(self.studio.session(where.key), _index(event.index))
            if turn is None or chat.unliteral(str(event.previous_value)) != chat.unliteral(
                chat.words_of(turn)
            ):
                raise BadInput("The notebook changed meanwhile; please edit the cell again.")
            self._draw(
                where.key,
                lambda: self.studio.revise(where.key, turn.id, text=chat.unliteral(str(event.value))),
            )

        return self._asking(where, ask)

    def _draw(self, key: str, start: Callable[[], Job]) -> None:
        if self._busy(key):
            raise BadInput("Still drawing. Press stop, or do this when it is done.")
        start().wait(GRACE)

    # --- small acts --------------------------------------------------------------------------------------

    def act(self, sent: Any, event: gr.EventData) -> list[Any]:
        """One of `ACTS`, by name."""
        where = Where.of(sent)
        act = ACTS.get(str(getattr(event, "act", "")))
        if act is None:
            return self._refused(where, "The page asked for something the studio does not know. Reload it.")
        if act is _new:
            return self.shown(where._replace(key=self._blank()))
        return self._asking(where, lambda: act(self, where.key, event))

    def checkout(self, sent: Any, event: gr.EventData) -> list[Any]:
        """A version in the timeline was clicked."""
        where = Where.of(sent)
        return self._asking(where, lambda: self.studio.go(where.key, str(event.id)))

    def branch(self, sent: Any, event: gr.EventData) -> list[Any]:
        """A branch's name was clicked."""
        where = Where.of(sent)
        return self._asking(where, lambda: self.studio.go(where.key, str(event.name)))

    def stop(self, sent: Any) -> list[Any]:
        """Stop was pressed."""
        where = Where.of(sent)
        return self._asking(where, lambda: self.studio.stop(where.key))


def _said(message: Any) -> tuple[str, list[str]]:
    told = message if isinstance(message, dict) else {}
    return str(told.get("text") or ""), [path for path in told.get("files") or () if isinstance(path, str)]


def _shortened(words: str) -> str:
    plain = " ".join("".join(c if c.isprintable() else " " for c in words).split())
    return plain if len(plain) <= LONGEST_TITLE else plain[: LONGEST_TITLE - 1].rsplit(" ", 1)[0] + "…"


def _number(seed: Any) -> int | None:
    """The seed in the side panel. Raises `BadInput` unless it is a whole number or nothing."""
    text = str(seed or "").strip()
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or int(text) >= 2**31:
        raise BadInput("The seed must be a whole number below 2147483648, or empty for a new one each time.")
    return int(text)


def _index(index: Any) -> int:
    return index[0] if isinstance(index, list | tuple) else int(index)


def read(path: str) -> Image.Image:
    """A file that was uploaded here as a picture; no other path is opened."""
    file = Path(path).resolve()
    if not file.is_relative_to(Path(get_upload_folder()).resolve()) or not file.is_file():
        raise BadPicture("That picture is not here any more. Please add it again.")
    if file.stat().st_size > UPLOAD_LIMIT:
        raise BadPicture(f"{file.name} is larger than {UPLOAD_LIMIT >> 20} MB, which is the limit here.")
    return uploads.load(file.read_bytes(), file.name)


# ---------------------------------------------------------------- acts


def _new(events: Events, key: str, event: Any) -> None:
    """A new session; `Events.act` shows it."""


def _go(events: Events, key: str, event: Any) -> None:
    events.studio.go(key, str(event.version))


def _undo(events: Events, key: str, event: Any) -> None:
    events.studio.undo(key)


def _redo(events: Events, key: str, event: Any) -> None:
    events.studio.redo(key)


def _reroll(events: Events, key: str, event: Any) -> None:
    events._draw(key, lambda: events.studio.reroll(key, str(event.turn)))


def _remove(events: Events, key: str, event: Any) -> None:
    events._draw(key, lambda: events.studio.remove(key, str(event.turn)))


def _take(events: Events, key: str, event: Any) -> None:
    events._draw(key, lambda: events.studio.revise(key, str(event.turn), take=_index(event.take)))


def _rename(events: Events, key: str, event: Any) -> None:
    events.studio.rename(key, str(event.name))


def _fork(events: Events, key: str, event: Any) -> None:
    head = events.studio.session(key).head
    if head is None:
        raise BadInput("There is nothing to branch from yet.")
    events.studio.fork(key, head.id, str(event.name))


ACTS: dict[str, Callable[[Events, str, Any], None]] = {
    "new": _new,
    "go": _go,
    "undo": _undo,
    "redo": _redo,
    "reroll": _reroll,
    "remove": _remove,
    "take": _take,
    "rename": _rename,
    "fork": _fork,
}
"""What a button with `data-act` may ask for. The event carries the button's other `data-` attributes."""
