"""Stories: deadlocks that the kernel's documentation, commits and reports tell of, each with its correction.

A story in stories.json has a name, its source, what happens in words, and a listing in the kernel's function names (see
primitives.kernel), which is run as a Python program. `expect` is the slug of the first finding, `has` are parts of its
report. `fix` is a list of lines and what stands in their place in the corrected program, which must stay silent; `why`
says what the correction is. Everything a listing has started must have ended with it.

    python -m tests.selftest.stories [-k NAME]
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import CodeType
from typing import Any

import lockdep
from lockdep import runtime
from lockdep.contexts import simulated
from lockdep.fastpath import BUILD
from tests.primitives.contract import Actor, until
from tests.worlds import world

FILE = Path(__file__).with_name("stories.json")
CLEAN = "clean"
FIELDS = {"name", "source", "story", "listing", "expect", "has", "fix", "why"}


class BrokenStory(Exception):
    """A story cannot be run."""


@dataclass(frozen=True)
class Story:
    """One program, and what is found in it: the slug of the first finding, or CLEAN."""

    name: str
    source: str
    listing: tuple[str, ...]
    expect: str
    has: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Told:
    """What was found: slugs, and the text of the first report."""

    slugs: tuple[str, ...]
    text: str = ""

    def wrong(self, story: Story) -> str:
        """Return what differs from the story; '' if nothing does."""
        first = self.slugs[0] if self.slugs else CLEAN
        if first != story.expect:
            return f"found {', '.join(self.slugs) or 'nothing'}, expected {story.expect}"
        missing = [part for part in story.has if part not in self.text]
        return f"the report has no {missing}" if missing else ""


def load(path: Path = FILE) -> list[Story]:
    """Return the stories of a file, each followed by its correction. BrokenStory if one is not as it should be."""
    return [story for entry in json.loads(path.read_text(encoding="utf-8"))["stories"] for story in both(entry)]


def both(entry: dict[str, Any]) -> Iterator[Story]:
    """Yield a story and its correction."""
    if FIELDS - {"has"} - entry.keys() or entry.keys() - FIELDS:
        raise BrokenStory(f"{entry.get('name')}: the fields are {sorted(entry)}")
    lines = tuple(entry["listing"])
    story = Story(entry["name"], entry["source"], lines, entry["expect"], tuple(entry.get("has", ())))
    yield story
    yield replace(story, name=f"{story.name}_fixed", listing=fixed(story, entry["fix"]), expect=CLEAN, has=())


def fixed(story: Story, fixes: list[list[Any]]) -> tuple[str, ...]:
    """Return the corrected listing. Each fix is a line, and the lines in its place, everywhere."""
    lines = list(story.listing)
    for old, *new in fixes:
        if old not in lines:
            raise BrokenStory(f"{story.name}: no line {old!r}")
        lines = [line for one in lines for line in (new if one == old else [one])]
    return tuple(lines)


def tell(story: Story, folder: Path) -> Told:
    """Run a story against a validator of its own."""
    path = folder / f"{story.name}.py"
    path.write_text("\n".join(["from primitives.kernel import *", "", *story.listing, ""]))
    code = compile(path.read_text(), str(path), "exec")
    before, threading.excepthook = threading.excepthook, ignore_deadlocks
    tasks, first = Tasks(), Actor()  # a thread of its own: it may be left with locks held, or inside of a section
    try:
        with world(strict=True) as validator:
            names = {"__name__": story.name, "task": tasks, "until": until, "lockdep": lockdep}
            first.do(play, code, names)
            found = runtime.findings()
            if validator.failures:
                raise BrokenStory(f"{story.name}: {validator.book.failure}")
            tasks.end()
            first.end()
            names.clear()
            gc.collect()  # a lock that is left held goes with its story, and not in the middle of the next one
    finally:
        threading.excepthook = before
    return Told(tuple(one.slug for one in found), str(found[0]) if found else "")


def play(code: CodeType, names: dict[str, Any]) -> None:
    """Run a listing up to its end, or to a wait that could never end."""
    try:
        exec(code, names)
    except lockdep.DeadlockError:
        pass
    finally:
        simulated.forget()


def ignore_deadlocks(args: threading.ExceptHookArgs) -> None:
    """Pass over a DeadlockError of a thread: it was reported."""
    if not isinstance(args.exc_value, lockdep.DeadlockError):
        threading.__excepthook__(args)


class Tasks:
    """The threads of a story: `task("a", function)` runs a function in the thread called a, to its end."""

    def __init__(self) -> None:
        self._actors: dict[str, Actor] = {}

    def __call__(self, name: str, function: Any, *arguments: Any) -> Any:
        return self._actor(name).do(function, *arguments)

    def begin(self, name: str, function: Any, *arguments: Any) -> None:
        """Start a function that blocks; `result` waits for it."""
        self._actor(name).begin(function, *arguments)

    def result(self, name: str) -> Any:
        """Wait for what was begun."""
        return self._actors[name].result()

    def end(self) -> None:
        for actor in self._actors.values():
            actor.end()
        self._actors.clear()

    def _actor(self, name: str) -> Actor:
        if name not in self._actors:
            self._actors[name] = Actor()
        return self._actors[name]


def main(arguments: list[str]) -> int:
    """Run all stories and print those that went wrong; return 1 if one did."""
    parser = argparse.ArgumentParser(prog="python -m tests.selftest.stories", description="Run the stories.")
    parser.add_argument("-k", metavar="NAME", default="", help="only stories whose name contains NAME")
    options = parser.parse_args(arguments)
    stories = [story for story in load() if options.k in story.name]
    with tempfile.TemporaryDirectory() as folder:
        wrong = [(story, text) for story in stories if (text := tell(story, Path(folder)).wrong(story))]
    for story, text in wrong:
        print(f"{story.name}: {text}")
    print(f"{BUILD} build: {len(stories) - len(wrong)} passed, {len(wrong)} failed")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
