"""The report of a finding as data: a header, and a body of lines, stacks, scenario tables and a verdict.

A report is written once, as a Document. Its text is the splat; everything else that shows a finding (the colours of a
terminal, the pytest plugin, JSON, snapshot files) reads the same data, so nothing has to search our own text for what
it means. Lines keep the lock classes and places that they name, stacks keep file, line, function and source line of
each frame. All parts are immutable and compare by value; nothing refers to a lock, a class or a code object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from lockdep.trace import Frame

Role = Literal["text", "rule", "headline", "heading", "frame", "source", "verdict", "evidence"]
TextLine = tuple[Role, str]  # what a line of the text is, and the line
DEADLOCK, STALL = "DEADLOCK", "STALL"
WIDEST = 118  # characters of a scenario table; a wider one is written as a list


@dataclass(frozen=True, slots=True)
class ClassName:
    """A lock class that a line names: `name` as in the tables of a snapshot, `text` as the line shows it."""

    name: str
    text: str

    def __str__(self) -> str:
        return self.text

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {"class": self.name, "text": self.text}


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the program that a line names."""

    frame: Frame

    def __str__(self) -> str:
        return place_text(self.frame)

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {"place": self.frame._asdict()}


Part = str | ClassName | Place


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the report, in parts that stand side by side. A heading begins a new section."""

    parts: tuple[Part, ...] = ()
    heading: bool = False

    def lines(self) -> Iterator[TextLine]:
        """Yield the line."""
        yield "heading" if self.heading else "text", "".join(map(str, self.parts))

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        parts = [part if isinstance(part, str) else part.to_dict() for part in self.parts]
        return {"line": parts, "heading": self.heading}


@dataclass(frozen=True, slots=True)
class Stack:
    """A call stack, innermost frame first."""

    frames: tuple[Frame, ...]

    def lines(self) -> Iterator[TextLine]:
        """Yield a line for each frame, and one for its source where that is known."""
        for frame in self.frames:
            yield "frame", f"      {place_text(frame)}"
            if frame.source:
                yield "source", f"        {frame.source}"
        if not self.frames:
            yield "text", "      (no stack)"

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {"stack": [frame._asdict() for frame in self.frames]}

    def kept(self, keep: Callable[[Frame], bool]) -> Stack:
        """Return the stack with those frames only for which `keep` is true; with all, if that would leave none."""
        frames = tuple(filter(keep, self.frames))
        return Stack(frames) if frames else self


@dataclass(frozen=True, slots=True)
class Scenario:
    """A table of how the threads meet: (number of a thread, what it does), in the order of time."""

    steps: tuple[tuple[int, str], ...]

    def lines(self) -> Iterator[TextLine]:
        """Yield a column for each thread; a list of the steps where several columns would be too wide."""
        width = max(len(text) for _, text in self.steps) + 3
        columns = range(max(thread for thread, _ in self.steps) + 1)
        if len(columns) > 1 and width * len(columns) > WIDEST:
            yield from (("text", f"  thread {thread}: {text}") for thread, text in self.steps)
            return
        heads = [f"thread {thread}" for thread in columns]
        yield "text", "  " + "".join(head.ljust(width) for head in heads).rstrip()
        yield "text", "  " + "".join(("-" * len(heads[0])).ljust(width) for _ in heads).rstrip()
        yield from (("text", f"  {'':{width * thread}}{text}") for thread, text in self.steps)

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {"scenario": [[thread, text] for thread, text in self.steps]}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a scenario ends in: DEADLOCK or STALL."""

    word: str

    def lines(self) -> Iterator[TextLine]:
        """Yield the line."""
        yield "verdict", f" *** {self.word} ***"

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {"verdict": self.word}


Block = Line | Stack | Scenario | Verdict


@dataclass(frozen=True, slots=True)
class Header:
    """What a finding is: the fields of `lockdep.Finding`, its headline, and what the program ran on."""

    slug: str
    title: str
    headline: str
    level: str
    grade: str
    reason: str
    id: str
    environment: str


@dataclass(frozen=True, slots=True)
class Document:
    """The report of one finding. str() is its text."""

    header: Header
    body: tuple[Block, ...]

    def lines(self) -> Iterator[TextLine]:
        """Yield the lines of the text, each with what it is."""
        header = self.header
        yield "text", ""
        yield "rule", "=" * len(header.headline)
        yield "headline", header.headline
        yield "text", f"{header.environment} [{header.id}]"
        yield "rule", "-" * len(header.headline)
        for block in self.body:
            yield from block.lines()
        yield "text", ""
        yield "evidence", f"evidence: {header.grade} ({header.level}): {header.reason}"

    def __str__(self) -> str:
        return "".join(f"{text}\n" for _, text in self.lines())

    def to_dict(self) -> dict[str, Any]:
        """Return what the fields of the finding do not say already, as plain data."""
        return {
            "headline": self.header.headline,
            "environment": self.header.environment,
            "body": [block.to_dict() for block in self.body],
        }

    def kept(self, keep: Callable[[Frame], bool]) -> Document:
        """Return it with those frames only for which `keep` is true; a stack that has none of them stays whole."""
        body = tuple(block.kept(keep) if isinstance(block, Stack) else block for block in self.body)
        return replace(self, body=body)


def place_text(frame: Frame) -> str:
    """Return a frame on one line, without its source."""
    return f"{frame.file}:{frame.line} in {frame.function}"
