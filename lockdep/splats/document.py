"""The report of a finding as data: a header, and a body of lines, stacks, scenario tables and a verdict.

A report is written once, as a Document. Its text is the splat. Everything else that shows a finding (the colours of a
terminal, the pytest plugin, JSON, snapshot files) reads the same data, so no code has to parse the text. Lines keep the
lock classes and places that they name. Stacks keep file, line, function and source line of each frame. All parts are
immutable and are compared by value. None of them refers to a lock, a lock class or a code object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from lockdep.trace import Frame

Role = Literal["text", "rule", "headline", "heading", "frame", "source", "verdict", "evidence"]
TextLine = tuple[Role, str]  # the role of a line of the text, and the line
DEADLOCK, STALL = "DEADLOCK", "STALL"
WIDEST = 118  # characters of a scenario table; a wider one is written as a list


@dataclass(frozen=True, slots=True)
class ClassName:
    """A lock class in a line. `name` is its name in the tables of a snapshot, `text` is what the line shows."""

    name: str
    text: str

    def __str__(self) -> str:
        return self.text

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {"class": self.name, "text": self.text}


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the program, in a line."""

    frame: Frame

    def __str__(self) -> str:
        return place_text(self.frame)

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {"place": self.frame._asdict()}


Part = str | ClassName | Place


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the report. Its text is that of its parts without spaces between them. A heading begins a section."""

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
        """Yield a line for each frame, and another one for its source if that is known."""
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
        """Return the stack with only the frames for which `keep` is true. If there are none, return it unchanged."""
        frames = tuple(filter(keep, self.frames))
        return Stack(frames) if frames else self


@dataclass(frozen=True, slots=True)
class Scenario:
    """A table that shows how threads deadlock. The steps (number of the thread, what it does) are in order of time.

    `heads` are the names of the threads; without them they are numbered.
    """

    steps: tuple[tuple[int, str], ...]
    heads: tuple[str, ...] = ()

    def lines(self, widest: int = WIDEST) -> Iterator[TextLine]:
        """Yield the table with a column for each thread, or a list of the steps if it is wider than `widest`."""
        columns = range(max(thread for thread, _ in self.steps) + 1)
        heads = self.heads or [f"thread {thread}" for thread in columns]
        widths = self._widths(len(columns), widest)
        if len(columns) > 1 and sum(widths) > widest:
            yield from (("text", f"  {heads[thread]}: {text}") for thread, text in self.steps)
            return
        yield "text", "  " + "".join(map(str.ljust, heads, widths)).rstrip()
        yield "text", "  " + "".join(map(str.ljust, ("-" * len(head) for head in heads), widths)).rstrip()
        yield from (("text", f"  {'':{sum(widths[:thread])}}{text}") for thread, text in self.steps)

    def _widths(self, columns: int, widest: int) -> list[int]:
        """Return the widths of the columns: all the same, or as wide as what is in them if that would be too wide."""
        same = max(map(len, (*self.heads, *(text for _, text in self.steps)))) + 3
        if same * columns <= widest:
            return [same] * columns
        heads = self.heads or ("thread 0",) * columns
        return [
            max(map(len, (heads[column], *(text for thread, text in self.steps if thread == column)))) + 3
            for column in range(columns)
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        steps = [[thread, text] for thread, text in self.steps]
        return {"scenario": steps, "heads": list(self.heads)} if self.heads else {"scenario": steps}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a scenario: DEADLOCK or STALL."""

    word: str

    def lines(self) -> Iterator[TextLine]:
        """Yield the line."""
        yield "verdict", f" *** {self.word} ***"

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {"verdict": self.word}


Block = Line | Stack | Scenario | Verdict


@dataclass(frozen=True, slots=True)
class Letter:
    """A lock class, and the letter that stands for it in a Brief. The text of the class is how it was used."""

    letter: str
    lock_class: ClassName
    kind: str

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {"letter": self.letter, **self.lock_class.to_dict(), "kind": self.kind}


@dataclass(frozen=True, slots=True)
class Side:
    """What one thread does: a sentence, and its calls, outermost first, each with what it does to a lock, or ''."""

    heading: str
    calls: tuple[tuple[Frame, str], ...]

    def kept(self, keep: Callable[[Frame], bool]) -> Side:
        """Return it with only the calls for which `keep` is true, and those with a mark."""
        return replace(self, calls=tuple((frame, mark) for frame, mark in self.calls if mark or keep(frame)))

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {"heading": self.heading, "calls": [[frame._asdict(), mark] for frame, mark in self.calls]}


@dataclass(frozen=True, slots=True)
class Brief:
    """The core of a report: the locks, what each thread does, the scenario, the verdict, and what to change.

    `why` says why that is wrong, if the rest does not. A report about no wait has no verdict.
    """

    locks: tuple[Letter, ...]
    sides: tuple[Side, ...]
    scenario: Scenario | None
    verdict: Verdict | None
    fix: str
    why: str = ""

    def kept(self, keep: Callable[[Frame], bool]) -> Brief:
        """Return it with only the calls for which `keep` is true, and those with a mark."""
        return replace(self, sides=tuple(side.kept(keep) for side in self.sides))

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "locks": [lock.to_dict() for lock in self.locks],
            "sides": [side.to_dict() for side in self.sides],
            **({} if self.scenario is None else self.scenario.to_dict()),
            **({} if self.verdict is None else self.verdict.to_dict()),
            "fix": self.fix,
            **({"why": self.why} if self.why else {}),
        }


@dataclass(frozen=True, slots=True)
class Header:
    """Fields of `lockdep.Finding`, the headline, and the version of Python and the system that the program ran on.

    `kernel` says that the finding is about primitives of the kernel only, and no locks of threading.
    """

    slug: str
    title: str
    headline: str
    level: str
    grade: str
    reason: str
    id: str
    environment: str
    excuses: tuple[str, ...] = ()
    kernel: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """The report of one finding. str() is its text in full, in the kernel's layout. Some kinds have a `brief`, too."""

    header: Header
    body: tuple[Block, ...]
    brief: Brief | None = None

    def lines(self) -> Iterator[TextLine]:
        """Yield the lines of the text, each with its role."""
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
        """Return the report as plain data, without the fields that Finding.to_dict() has already."""
        return {
            "headline": self.header.headline,
            "environment": self.header.environment,
            "kernel": self.header.kernel,
            "body": [block.to_dict() for block in self.body],
            "brief": None if self.brief is None else self.brief.to_dict(),
        }

    def kept(self, keep: Callable[[Frame], bool]) -> Document:
        """Return it with only the frames for which `keep` is true. A stack without such a frame is left unchanged."""
        body = tuple(block.kept(keep) if isinstance(block, Stack) else block for block in self.body)
        return replace(self, body=body, brief=None if self.brief is None else self.brief.kept(keep))


def place_text(frame: Frame) -> str:
    """Return a frame on one line, without its source."""
    return f"{frame.file}:{frame.line} in {frame.function}"
