"""Stack traces: captured as file, function and line of each frame, and turned into text only when a report needs it.

Equal stacks are one object. No code object is kept alive, and code that is compiled again has the same stacks. Frames
of lockdep, of threading and of generated code are kept, but not shown. Cost: a capture takes about 5 us for 16 frames;
it formats nothing and reads no source file.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterable, Sequence
from types import CodeType, FrameType
from typing import NamedTuple

from lockdep.paths import STDLIB, short_path
from lockdep.places import Step, step_of

PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep
PRIMITIVES = os.path.join(os.path.dirname(PACKAGE[:-1]), "primitives") + os.sep
OURS = (PACKAGE, PRIMITIVES)
HIDDEN: tuple[str, ...] = (
    threading.__file__,
    os.path.join(STDLIB, "queue.py"),
    os.path.join(STDLIB, "functools.py"),
)


class Frame(NamedTuple):
    """One line of a stack trace."""

    file: str
    line: int
    function: str
    source: str


class StackTrace:
    """A call stack. `steps` are its frames, innermost first."""

    __slots__ = ("steps",)

    def __init__(self, steps: tuple[Step, ...]) -> None:
        self.steps = steps

    def frames(self) -> list[Frame]:
        """Return the frames of the program, innermost first; if there are none, all frames. Reads source files."""
        shown = [step for step in self.steps if not is_hidden(step.file)] or self.steps
        return [Frame(short_path(at.file), at.line, at.function, source_line(at.file, at.line)) for at in shown]

    def innermost(self) -> Step | None:
        """Return the innermost frame of the program; if there is none, the innermost of all."""
        for step in self.steps:
            if not is_hidden(step.file):
                return step
        return self.steps[0] if self.steps else None

    def from_function(self, searched: Step) -> int:
        """Return the index of the innermost frame of this step's function, or -1 if there is none."""
        for index, step in enumerate(self.steps):
            if step.function == searched.function and step.file == searched.file:
                return index
        return -1


NO_STACK = StackTrace(())
_interned: dict[tuple[object, ...], StackTrace] = {}
_MAX_STACKS = 1 << 17


def capture(depth: int, frame: FrameType | None = None) -> StackTrace:
    """Return the stack of `frame`, by default of the caller, without the frames of lockdep and primitives on top of it.

    At most `depth` frames are kept.
    """
    if frame is None:
        frame = sys._getframe(1)
    while frame is not None and is_ours(frame.f_code.co_filename):
        frame = frame.f_back
    pairs: list[tuple[CodeType, int]] = []
    while frame is not None and len(pairs) < depth:
        pairs.append((frame.f_code, frame.f_lasti))
        frame = frame.f_back
    return stack_of(pairs)


def seen_stack(pairs: Sequence[tuple[CodeType, int]], depth: int) -> StackTrace:
    """Return the stack of a sighting without the frames of lockdep and primitives on top of it.

    At most `depth` frames are kept.
    """
    start = 0
    while start < len(pairs) and is_ours(pairs[start][0].co_filename):
        start += 1
    return stack_of(pairs[start : start + depth], living=False)


def innermost() -> Step | None:
    """Return the frame in which the program stands: that of the caller, or of the next outer one that is shown."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and is_hidden(frame.f_code.co_filename):
        frame = frame.f_back
    return None if frame is None else step_of(frame.f_code, frame.f_lasti)


def stack_of(pairs: Iterable[tuple[CodeType, int]], *, living: bool = True) -> StackTrace:
    """Return the stack with (code, offset of the instruction) for each frame, innermost first.

    Unless `living`, it may be one of code with the same text that is gone: what is kept of a sighting is only shown.
    """
    steps = tuple([step_of(code, lasti) for code, lasti in pairs])
    key = tuple([part for step in steps for part in (step.file, step.function, step.line)])
    try:
        # Not get(): a subscript takes no lock in a free-threaded build, so a fork cannot leave one taken.
        found = _interned[key]
        if not living or not steps or found.steps[0].source is steps[0].source:  # else it led to code that may be gone
            return found
    except KeyError:
        if len(_interned) >= _MAX_STACKS:
            return StackTrace(steps)
    found = _interned[key] = StackTrace(steps)
    return found


def is_ours(filename: str) -> bool:
    """Return whether a file is part of lockdep or of the primitives built on it."""
    return filename.startswith(OURS)


def is_hidden(filename: str) -> bool:
    """Return whether reports leave out the frames of this file: ours, threading's, queue's, functools', frozen ones."""
    return is_ours(filename) or filename.startswith("<frozen") or filename in HIDDEN


def hide(filename: str) -> None:
    """Hide the frames of one more file, of a library that lockdep puts between the program and the threading module."""
    global HIDDEN
    if filename not in HIDDEN:
        HIDDEN += (filename,)


def site(stack: StackTrace) -> str:
    """Return the innermost shown place of a stack on one line, `file:line in function`."""
    for frame in stack.frames():
        return f"{frame.file}:{frame.line} in {frame.function}"
    return "an unknown place"


def place_text(file: str, function: str, line: int) -> str:
    """Return a place on one line, `file:line in function`."""
    return f"{short_path(file)}:{line} in {function}"


_sources: dict[str, list[str]] = {}


def source_line(filename: str, line: int) -> str:
    """Return a line of a source file, stripped; '' if it cannot be read.

    linecache is not used because it calls the loaders of modules, which may be code of the program.
    """
    lines = source_lines(filename)
    return lines[line - 1].strip() if 0 < line <= len(lines) else ""


def source_lines(filename: str) -> list[str]:
    """Return the lines of a source file, which is read once; [] if it cannot be read."""
    lines = _sources.get(filename)
    if lines is None:
        lines = _sources[filename] = read_source(filename)
    return lines


def read_source(filename: str) -> list[str]:
    try:
        with open(filename, encoding="utf-8", errors="replace") as file:
            return file.read().splitlines()
    except (OSError, ValueError):
        return []
