"""`Session`: one notebook, its canvas and its past. The only thing in the studio that changes.

Say, revise, remove, move and re-roll are all `rewrite(turns)`: the versions of the longest common prefix are
kept, the rest is replayed onto it, and the branch is moved to what came of it. The timeline is replaced
whole, or not at all: a verb that fails leaves the session as it was.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Concatenate, ParamSpec, TypeVar

from PIL import Image

from studio import looking, timeline
from studio.director import Director
from studio.director.pointing import GO
from studio.errors import BadInput, Conflict, NotFound
from studio.looking import Selected
from studio.models.base import ImageModel, Sighting, eye
from studio.notebook import Notebook
from studio.planning import Planner
from studio.replay import WATCH, Replayed, Watch, replay
from studio.settings import NONE, checked
from studio.store import Store
from studio.timeline import Ask, Json, Operation, Plan, Timeline, Turn, Version, View

LONGEST_NAME = 60
NOTHING = Replayed()

P = ParamSpec("P")
T = TypeVar("T")


def _drawing(verb: Callable[Concatenate[Session, P], T]) -> Callable[Concatenate[Session, P], T]:
    """One verb that draws at a time on a session; looking around goes on meanwhile."""

    def locked(self: Session, /, *args: P.args, **kwargs: P.kwargs) -> T:
        with self._draws:
            return verb(self, *args, **kwargs)

    locked.__doc__, locked.__name__ = verb.__doc__, verb.__name__
    return locked


class Session(Notebook):
    """A notebook by key. `model` is called when something is to be drawn, and not before."""

    def __init__(self, key: str, store: Store, director: Director, model: Callable[[], ImageModel]) -> None:
        super().__init__(key, store)
        self._model, self._planner = model, Planner(store, director, model)
        self._draws, self._commits = threading.RLock(), threading.Lock()
        self.selected: Selected | None = None
        self.unjudged: frozenset[str] = frozenset()  # versions that are about to be looked at

    @property
    def model_name(self) -> str:
        """The name of the model it draws with."""
        return self._model().card.name

    # --- saying ------------------------------------------------------------------------------------------

    @_drawing
    def say(
        self,
        text: str,
        *,
        mask: Image.Image | None = None,
        images: Sequence[Image.Image] = (),
        seed: int | None = None,
        settings: Mapping[str, Json] = NONE,
        controls: Mapping[str, Image.Image] = MappingProxyType({}),
        at: str | None = None,
        watch: Watch = WATCH,
    ) -> Version | None:
        """Do what the words ask, on the head or on version `at`; the version it came to.

        Said anywhere but at a branch's tip, it starts a branch. `mask` is "L" of the canvas's size, white =
        may change; `images` are references, or the new canvas if there are no words. `settings` are those of
        `studio.settings`, such as `{"steps": 20, "loras": {"ink": 0.8}}`; what is left out is as the model
        has it. `controls` are pictures by kind, such as "edges". Raises `BadInput` for what cannot be taken,
        `CannotDo` for what the model cannot draw; then the session is as it was.
        """
        head = self.timeline.version(at).id if at else self.view.head
        ask = self._planner.ask(text, mask, images, seed, self._canvas(head))
        ask = replace(ask, settings=checked(settings), controls=self._planner.controls(controls))
        plan = self._planned(ask, head)
        if plan.go is not None and plan.go.startswith(GO):
            return self._point_at(plan.go.removeprefix(GO), head)
        if plan.go is not None:
            return self._move_in_time(plan)
        path = self.timeline.path(head)
        turn = Turn(self._next_turn(), ask, plan)
        branch = self._growing(head) or self._new_name(text or "picture")
        turns = (*(version.turn for version in path), turn)
        return self._rewrite(turns, path, branch, "say", text or "a picture", watch)

    def _canvas(self, head: str | None) -> str | None:
        """The digest of the picture at a version."""
        return self.timeline.version(head).image if head else None

    def _planned(self, ask: Ask, head: str | None, seed: int | None = None) -> Plan:
        return self._planner.plan(ask, self.timeline.path(head), self.shown(), seed)

    def _next_turn(self) -> str:
        taken = {version.turn.id for version in self.timeline.versions.values()}
        return f"t{len(taken) + 1}"

    # --- looking -----------------------------------------------------------------------------------------

    def see(self) -> tuple[Sighting, ...]:
        """The things the model sees in the picture on the canvas. Raises `CannotDo` if it does not see."""
        return eye(self._model()).see(self._looked_at(None))

    def select(
        self, words: str | None = None, *, point: tuple[int, int] | None = None, at: str | None = None
    ) -> Image.Image:
        """The mask of what the words name, or of the thing at a pixel, on the head or version `at`.

        Raises `CannotDo` if nothing is found there, or if the model does not see.
        """
        return looking.select(self._model(), self._looked_at(at), words, point)

    def _looked_at(self, at: str | None) -> Image.Image:
        head = at or self.view.head
        if head is None:
            raise BadInput("There is no picture to look at yet; say what to draw first.")
        return self.image(head)

    # --- rewriting ---------------------------------------------------------------------------------------

    @_drawing
    def revise(
        self,
        turn: str,
        *,
        text: str | None = None,
        mask: Image.Image | None = None,
        seed: int | None = None,
        take: int | None = None,
        settings: Mapping[str, Json] | None = None,
        controls: Mapping[str, Image.Image] | None = None,
        watch: Watch = WATCH,
    ) -> Version | None:
        """Change a turn's words, mask, seed, take, settings or controls, and apply the later turns again.

        `settings` and `controls` take the place of all the turn has. The new tip.
        """
        line = self.line
        place = self._place(line, turn)
        old = line[place].turn
        new = self._with_take(old, take) if take is not None else old
        if any(given is not None for given in (text, mask, seed, settings, controls)):
            before = line[place].parent
            changed = old.ask.text if text is None else text
            handed = [self._store.get(digest) for digest in old.ask.images]
            ask = self._planner.ask(changed, mask, handed, seed, self._canvas(before))
            ask = replace(
                ask,
                mask=ask.mask or old.ask.mask,
                settings=old.ask.settings if settings is None else checked(settings),
                controls=old.ask.controls if controls is None else self._planner.controls(controls),
            )
            plan = self._planned(ask, before, timeline.seed_of(old))
            if plan.go is not None:
                raise BadInput("A cell of the notebook cannot move or select; say it as a new message.")
            new = Turn(old.id, ask, plan)
        turns = [version.turn for version in line]
        turns[place] = new
        return self._rewrite(turns, line, self.branch, "revise", f"Changed {turn}", watch)

    @_drawing
    def reroll(self, turn: str, *, watch: Watch = WATCH) -> Version | None:
        """The same turn with another seed, the later turns applied again."""
        line = self.line
        turns = [version.turn for version in line]
        place = self._place(line, turn)
        turns[place] = timeline.reseeded(turns[place], secrets.randbelow(2**31))
        return self._rewrite(turns, line, self.branch, "reroll", f"Tried {turn} again", watch)

    @_drawing
    def remove(self, turn: str, *, watch: Watch = WATCH) -> Version | None:
        """Take a turn out of the branch; the later turns are applied without it."""
        line = self.line
        self._place(line, turn)
        turns = [version.turn for version in line if version.turn.id != turn]
        return self._rewrite(turns, line, self.branch, "remove", f"Removed {turn}", watch)

    @_drawing
    def move(self, turn: str, after: str | None, *, watch: Watch = WATCH) -> Version | None:
        """Put a turn right after another (first, if None), and apply all that come after it again."""
        line = self.line
        moved = line[self._place(line, turn)].turn
        turns = [version.turn for version in line if version.turn.id != turn]
        ids = [other.id for other in turns]
        if after is not None and after not in ids:
            raise NotFound(f"There is no other turn {after!r} on this branch.")
        turns.insert(ids.index(after) + 1 if after is not None else 0, moved)
        return self._rewrite(turns, line, self.branch, "move", f"Moved {turn}", watch)

    @_drawing
    def rewrite(self, turns: Sequence[Turn], *, watch: Watch = WATCH) -> Version | None:
        """Make the current branch's list of turns this one."""
        return self._rewrite(turns, self.line, self.branch, "rewrite", "Rewrote the branch", watch)

    def _rewrite(
        self,
        turns: Sequence[Turn],
        line: Sequence[Version],
        branch: str,
        verb: str,
        note: str,
        watch: Watch,
    ) -> Version | None:
        kept = timeline.common(line, turns)
        began = self.view
        done = replay(kept, turns[len(kept) :], model=self._model(), store=self._store, watch=watch)
        path = (*kept, *done.versions)
        tip = path[-1].id if path else None

        def arrive(view: View) -> View:
            # Whoever looked elsewhere meanwhile is left there; the branch has the new picture all the same.
            stayed = view.head == began.head and view.branch == began.branch
            branches = {**view.branches, branch: tip}
            return View(branches, branch, tip) if stayed else replace(view, branches=branches)

        self.unjudged = frozenset(done.receipts)
        try:
            self._advance(arrive, verb, note, done)
            watch.drawn()
            for parent, version in zip((None, *path), path, strict=False):
                if version.id in done.receipts:
                    before = parent.image if parent else None
                    receipt = done.receipts[version.id]
                    looking.judge(version, before, receipt, self._model(), self._store)
        finally:
            self.unjudged = frozenset()
        return path[-1] if path else None

    @staticmethod
    def _place(line: Sequence[Version], turn: str) -> int:
        for place, version in enumerate(line):
            if version.turn.id == turn:
                return place
        raise NotFound(f"There is no turn {turn!r} on this branch.")

    @staticmethod
    def _with_take(turn: Turn, take: int) -> Turn:
        if not 0 <= take < len(turn.plan.takes):
            raise NotFound(f"Turn {turn.id} has {len(turn.plan.takes)} takes; there is no take {take + 1}.")
        return replace(turn, plan=replace(turn.plan, take=take))

    # --- moving in time ----------------------------------------------------------------------------------

    def go(self, where: str) -> Version | None:
        """Look at a branch's tip or at a version, by name or id. Nothing else changes."""
        if where in self.branches:
            self._advance(lambda v: View(v.branches, where, v.branches[where]), "go", f"Went to {where}")
        else:
            version = self.timeline.version(where)
            note = f"Went to version {self.number(where) or ''}".strip()
            branch = self._branch_of(version)
            self._advance(lambda v: View(v.branches, branch, version.id), "go", note)
        return self.head

    def fork(self, version: str, name: str) -> Version | None:
        """A new branch of that name at that version, and look at it."""
        name = " ".join(name.split())
        if not name or len(name) > LONGEST_NAME or name in self.branches:
            raise BadInput(f"A branch needs a new name of up to {LONGEST_NAME} letters, not {name[:80]!r}.")
        tip = self.timeline.version(version).id
        note = f"Started the branch {name}"
        self._advance(lambda v: View({**v.branches, name: tip}, name, tip), "fork", note)
        return self.head

    def undo(self) -> Version | None:
        """Show what was shown before the last thing that happened. Nothing is deleted."""
        self._commit(lambda old: timeline.undo(old, time.time()))
        return self.head

    def redo(self) -> Version | None:
        """Show again what undo stepped back over."""
        self._commit(lambda old: timeline.redo(old, time.time()))
        return self.head

    @_drawing
    def check(self) -> tuple[str, ...]:
        """Run the branch again from nothing and compare every digest; a sentence for each that differs."""
        known = {version.id: version for version in self.line}
        faults = []
        again = replay((), self.turns, model=self._model(), store=self._store, remember=False)
        for was, now in zip(known.values(), again.versions, strict=True):
            if was.image != now.image:
                faults.append(f"Turn {was.turn.id} came to {now.image}, and is recorded as {was.image}.")
        return tuple(faults)

    def _point_at(self, words: str, head: str | None) -> Version | None:
        """Put the mask on what the words name: for the canvas, and no part of the notebook."""
        mask = self.select(words, at=head)
        self.selected = Selected(head or "", words, mask)
        return self.head

    def _move_in_time(self, plan: Plan) -> Version | None:
        known = {"undo": self.undo, "redo": self.redo}.get(plan.go or "")
        return known() if known else self.go(plan.go or "")

    def _new_name(self, text: str) -> str:
        """A branch name out of the first words that is not taken."""
        stem = " ".join(text.split()[:4])[: LONGEST_NAME - 4] or "branch"
        names = [stem, *(f"{stem} {n}" for n in range(2, len(self.branches) + 3))]
        return next(name for name in names if name not in self.branches)

    # --- keeping -----------------------------------------------------------------------------------------

    def _advance(
        self, change: Callable[[View], View], verb: str, note: str, done: Replayed = NOTHING
    ) -> None:
        def grow(old: Timeline) -> Timeline:
            view = change(old.view)
            view = replace(view, branches=MappingProxyType(dict(view.branches)))
            return timeline.advance(old, view, verb=verb, note=note, when=time.time(), added=done.versions)

        self._commit(grow, done.receipts)

    def _commit(
        self,
        change: Callable[[Timeline], Timeline],
        receipts: Mapping[str, Mapping[str, Json]] = MappingProxyType({}),
    ) -> None:
        """On disk first; only then is it what the session is."""
        with self._commits:
            new = change(self.timeline)
            try:
                self._store.append(self.key, self.timeline, new, receipts)
            except Conflict:
                self.timeline = self._store.load(self.key)
                raise
            self.timeline, self.selected = new, None


def first_operation(when: float) -> Timeline:
    """The timeline of a session in which nothing has happened yet."""
    return Timeline(operations=(Operation("start", "Started", when, View(), parent=None, at=0),))
