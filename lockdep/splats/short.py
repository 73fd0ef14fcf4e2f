"""The short style of a report: the calls of the program first, 80 columns wide, with what to do at the end.

A brief is shown if the kind of finding has one, otherwise the body in the kernel's layout. Calls in libraries are left
out and counted, unless they take a lock of the finding, or the program has no calls of its own there.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from lockdep.splats.document import Block, Brief, ClassName, Document, Letter, Line, Part, Side, Stack, TextLine
from lockdep.trace import Frame
from lockdep.violations.suppressions import Suppressible, entry_of, toml_text

WIDTH = 80
INDENT = 8  # of the last lines
BEFORE, MARKED, GAP = "    ", "  > ", 2  # before a call, before one with a mark, and between two columns
LEAST_PLACE, WIDEST_PLACE, LEAST_FUNCTION, WIDEST_FUNCTION, LEAST_SOURCE = 20, 34, 8, 28, 12
USUAL = re.compile(r"\{[+.]*\}-\{4:4\}")  # how locks of threading are used, if no interrupt takes them
PLACE = re.compile(r"(In \[\d+\]:\d+|\S+:\d+)(?: (.*))?")  # and a variable
MOST_NAMED = 3  # libraries

Calls = Sequence[tuple[Frame, str]]


class Shown(NamedTuple):
    """The calls that are shown, and those that are left out."""

    calls: Calls
    left: list[Frame]


def lines(document: Document, finding: Suppressible, *, libraries: bool, dashes: str = "--") -> Iterator[TextLine]:
    """Yield the lines of a report, each with its role. With `libraries`, all calls are shown.

    `dashes` is how the options begin that show more.
    """
    header = document.header
    title = header.headline if header.level == "warning" else header.headline.replace("WARNING:", "ERROR:", 1)
    yield "text", ""
    yield from heading(title, header.id)
    if document.brief is None:
        yield from body(document, libraries=libraries, dashes=dashes)
    else:
        yield from brief(document.brief, libraries=libraries, dashes=dashes)
    yield "text", ""
    yield from ending(document, finding, dashes)


def heading(title: str, identity: str) -> Iterator[TextLine]:
    """Yield the title between two rules, with the id at the end of it, or below it if there is no room."""
    room = WIDTH - len(identity) - 3
    heads = textwrap.wrap(title, WIDTH, subsequent_indent=" " * INDENT)
    rule = max(map(len, heads))
    yield "rule", "=" * rule
    if rule <= room:
        yield "headline", f"{title:<{room}} [{identity}]"
        yield "rule", "-" * rule
    else:
        yield from (("headline", line) for line in heads)
        yield "rule", f"{'-' * room} [{identity}]"


def ending(document: Document, finding: Suppressible, dashes: str) -> Iterator[TextLine]:
    """Yield the verdict on the evidence, and what can be done next."""
    header = document.header
    yield from (("evidence", line) for line in wrapped(f"{header.level}, {header.grade}: {header.reason}"))
    if document.brief is not None:
        told = {"why": document.brief.why, "fix": document.brief.fix}
        yield from (
            ("text", line) for name, text in told.items() if text for line in wrapped(f"{name:<{INDENT}}{text}")
        )
    yield "text", f"accept  suppress = [{toml_text(f'{entry_of(finding)}  # why')}]"
    yield "text", f"more    lockdep explain {header.slug}     {dashes}style kernel     {dashes}frames all"


def wrapped(text: str) -> list[str]:
    """Return a sentence as lines of at most WIDTH characters."""
    return textwrap.wrap(text, WIDTH, subsequent_indent=" " * INDENT, break_on_hyphens=False)


def brief(found: Brief, *, libraries: bool, dashes: str = "--") -> Iterator[TextLine]:
    """Yield the locks, what each thread does, and the scenario."""
    yield from legend(found.locks)
    for at, side in enumerate(found.sides):
        if at or found.locks:
            yield "text", ""
        yield from side_lines(side, libraries=libraries, dashes=dashes)
    if found.scenario is not None:
        yield "text", ""
        yield from (("text", line) for _, line in found.scenario.lines(WIDTH))
    if found.verdict is not None:
        yield "text", ""
        yield from found.verdict.lines()


def legend(locks: Sequence[Letter]) -> Iterator[TextLine]:
    """Yield a line for each lock: its letter, place, variable and kind, and how it was used if that is not usual."""
    names = [split_name(lock.lock_class.name) for lock in locks]
    place_width, name_width = (max((len(name[part]) for name in names), default=0) for part in (0, 1))
    for lock, (place, variable) in zip(locks, names, strict=True):
        usage = "" if USUAL.fullmatch(lock.lock_class.text) else f"  {lock.lock_class.text}"
        name = f"{place:<{place_width}}  {variable:<{name_width}}" if name_width else f"{place:<{place_width}}"
        yield "text", f"  {lock.letter}  {name}  ({lock.kind}){usage}"


def split_name(name: str) -> tuple[str, str]:
    """Return the place and the variable of a class, if its name is made of these; else the name and ''."""
    found = PLACE.fullmatch(name)
    return (found.group(1), found.group(2) or "") if found else (name, "")


def side_lines(side: Side, *, libraries: bool, dashes: str = "--") -> Iterator[TextLine]:
    """Yield what one thread does, and its calls."""
    yield from (("heading", line) for line in textwrap.wrap(side.heading, WIDTH, subsequent_indent="  "))
    shown = Shown(side.calls, []) if libraries else of_program(side.calls)
    yield from table(shown.calls)
    if shown.left:
        yield "text", f"    ... {left_out(shown.left)} ({dashes}frames all)"


def of_program(calls: Calls) -> Shown:
    """Return the calls that are shown: those of the program, and those that do something with a lock."""
    if not [frame for frame, _ in calls if not frame.library]:  # then the program is one of them
        return Shown(calls, [])
    shown = [(frame, mark) for frame, mark in calls if mark or not frame.library]
    return Shown(shown, [frame for frame, mark in calls if frame.library and not mark])


def left_out(frames: Sequence[Frame]) -> str:
    """Return how many calls are left out, and of which libraries."""
    found = dict.fromkeys(library_of(frame) for frame in frames)
    names = sorted(found, key=lambda name: name == STANDARD)
    some = names if len(names) <= MOST_NAMED else [*names[: MOST_NAMED - 1], f"{len(names) - MOST_NAMED + 1} more"]
    joined = " and ".join(filter(None, (", ".join(some[:-1]), some[-1])))
    return f"{len(frames)} frame{'s' * (len(frames) > 1)} of {joined}"


STANDARD = "the standard library"


def library_of(frame: Frame) -> str:
    """Return the name of the package that a call is in."""
    top = frame.file.partition("/")[0]
    return STANDARD if top == "stdlib" else top.removesuffix(".py")


def table(calls: Calls) -> Iterator[TextLine]:
    """Yield a line for each call: place, function, source line, and what it does with a lock.

    Lines with a mark say what the report is about, so others get the room that the sources of these leave.
    """
    needed = max((len(frame.source) + GAP + len(mark) for frame, mark in calls if mark), default=LEAST_SOURCE)
    room = WIDTH - len(BEFORE) - 2 * GAP - needed
    named = [(f"{frame.file}:{frame.line}", mark) for frame, mark in calls]
    widest = max([room - LEAST_FUNCTION, *(len(place) for place, mark in named if mark)])
    places = [shortened(place, min(widest, WIDEST_PLACE)) for place, _ in named]
    place_width = max(map(len, places), default=0)
    most = min(max(room - place_width, LEAST_FUNCTION), WIDEST_FUNCTION)
    names = [name_within(frame.function, most) for frame, _ in calls]
    name_width = max(map(len, names), default=0)
    for (frame, mark), place, name in zip(calls, places, names, strict=True):
        left = f"{MARKED if mark else BEFORE}{place:<{place_width}}  {name:<{name_width}}"
        yield "frame" if mark else "source", beside(left, frame.source, mark)


def shortened(place: str, width: int) -> str:
    """Return the end of a place that is too long, from a folder on if there is one."""
    if len(place) <= max(width, LEAST_PLACE):
        return place
    end = place[len("...") - max(width, LEAST_PLACE) :]
    return f"...{end[max(end.find('/'), 0) :]}"


def name_within(function: str, width: int) -> str:
    """Return the name of a function, without its class or cut if it is too long."""
    last = function.rpartition(".")[2]
    name = function if len(function) <= width else last
    return name if len(name) <= width else f"{name[: width - 3]}..."


def beside(left: str, source: str, mark: str) -> str:
    """Return a line of at most WIDTH characters with a mark at its end, if there is room for that."""
    room = max(LEAST_SOURCE, WIDTH - len(left) - GAP - (len(mark) + GAP if mark else 0))
    shown = source if len(source) <= room else f"{source[: room - 3]}..."
    line = f"{left}  {shown}"
    return f"{line.ljust(WIDTH - len(mark) - GAP)}  {mark}" if mark else line.rstrip()


def body(document: Document, *, libraries: bool, dashes: str = "--") -> Iterator[TextLine]:
    """Yield the body of a report whose kind has no brief, without the calls in libraries and usual usage."""
    for prose, blocks in groupby(document.body, is_prose):
        if prose:
            text = " ".join(line.strip() for block in blocks for _, line in block.lines())
            yield from (("text", f" {line}") for line in textwrap.wrap(text, WIDTH - 1, break_on_hyphens=False))
        else:
            for block in blocks:
                yield from block_lines(block, libraries=libraries, dashes=dashes)


def is_prose(block: Block) -> bool:
    """Return whether a block is a line of a paragraph: those begin with one space."""
    if not isinstance(block, Line) or block.heading or not block.parts:
        return False
    start = str(block.parts[0])
    return len(block.parts) == 1 and start[:1] == " " and start[1:2] not in " #"


def block_lines(block: Block, *, libraries: bool, dashes: str = "--") -> Iterator[TextLine]:
    """Yield the lines of one block of a body."""
    if isinstance(block, Stack):
        yield from stack_lines(block.frames, libraries=libraries, dashes=dashes)
    elif isinstance(block, Line):
        yield from Line(tuple(map(simple, block.parts)), block.heading).lines()
    else:
        yield from block.lines()


def stack_lines(frames: Sequence[Frame], *, libraries: bool, dashes: str = "--") -> Iterator[TextLine]:
    """Yield the calls of a stack, outermost first; the innermost one is shown also if it is one of a library."""
    marked = [(frame, "here" if at == len(frames) else "") for at, frame in enumerate(reversed(frames), 1)]
    shown = Shown(marked, []) if libraries else of_program(marked)
    yield from table([(frame, "") for frame, _ in shown.calls])
    if shown.left:
        yield "text", f"    ... {left_out(shown.left)} ({dashes}frames all)"


def simple(part: Part) -> Part:
    """Return a part of a line without the usage of a lock class, if that is the usual one."""
    if isinstance(part, ClassName) and USUAL.search(part.text):
        return ClassName(part.name, USUAL.sub("", part.text))
    return part
