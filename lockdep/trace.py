"""Stack traces: captured as file, function and line of each frame, and turned into text only when a report needs it.

Equal stacks are one object. No code object is kept alive, and code that is compiled again has the same stacks. Frames
of lockdep, of threading and of generated code are kept, but not shown. Cost: a capture takes about 5 us for 16 frames;
it formats nothing and reads no source file.
"""

from __future__ import annotations

import itertools
import os
import sys
import threading
from collections.abc import Iterable
from os import stat
from stat import S_ISREG
from types import CodeType, FrameType
from typing import NamedTuple

from lockdep.descriptors import none_left, one_free
from lockdep.notebooks import CELLS, cell_lines
from lockdep.paths import STDLIB, is_library, short_path
from lockdep.places import Step, step_of

open_file = open  # by a name of ours: tests put mocks in its place
PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep
PRIMITIVES = os.path.join(os.path.dirname(PACKAGE[:-1]), "primitives") + os.sep
OURS = (PACKAGE, PRIMITIVES)
HIDDEN: tuple[str, ...] = (
    threading.__file__,
    os.path.join(STDLIB, "queue.py"),
    os.path.join(STDLIB, "functools.py"),
)


UNNAMED: frozenset[str] = frozenset()

COMPILED = "(compiled code)"
Frames = Iterable[tuple[CodeType, int]]  # (code, offset of the instruction), innermost first


class Frame(NamedTuple):
    """One line of a stack trace. `library` is True in the standard library and in installed packages."""

    file: str
    line: int
    function: str
    source: str
    library: bool = False


class StackTrace:
    """A call stack. `steps` are its frames, innermost first."""

    __slots__ = ("steps",)

    def __init__(self, steps: tuple[Step, ...]) -> None:
        self.steps: tuple[Step, ...] = steps

    def frames(self) -> list[Frame]:
        """Return the frames of the program, innermost first. Reads source files.

        If there are none, compiled code runs right in a thread: return the frame that has called it.
        """
        shown = [step for step in self.steps if not is_hidden(step.file)]
        if not shown:
            return [Frame(short_path(at.file), at.line, at.function, COMPILED, True) for at in self.steps[:1]]
        return [frame_at(at.file, at.line, at.function) for at in shown]

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


def frame_at(file: str, line: int, function: str) -> Frame:
    """Return a frame as it is shown. Reads the source file."""
    return Frame(short_path(file), line, function, source_line(file, line), is_library(file))


class TextStack(StackTrace):
    """A stack of another process: its frames are text, and there are no code objects."""

    __slots__ = ("_frames",)

    def __init__(self, frames: tuple[Frame, ...]) -> None:
        super().__init__(())
        self._frames = frames

    def frames(self) -> list[Frame]:
        """Return the frames, innermost first."""
        return list(self._frames)


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


def standing() -> Frames:
    """Return the frames of the running thread."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        yield frame.f_code, frame.f_lasti
        frame = frame.f_back


def standing_stack(frames: Frames | None, depth: int) -> StackTrace:
    """Return the stack of another thread, by its frames as fastpath.standing gives them; NO_STACK if there are none.

    At most `depth` frames are kept, without those of lockdep and primitives on top.
    """
    return stack_of(of_program(frames or (), depth))


def seen_stack(pairs: Frames, depth: int) -> StackTrace:
    """Return the stack of a sighting without the frames of lockdep and primitives on top of it.

    At most `depth` frames are kept.
    """
    return stack_of(of_program(pairs, depth), living=False)


def of_program(frames: Frames, depth: int) -> Frames:
    """Return at most `depth` frames, without those of lockdep and primitives on top."""
    shown = itertools.dropwhile(lambda step: is_ours(step[0].co_filename), frames)
    return itertools.islice(shown, depth)


def innermost() -> Step | None:
    """Return the frame in which the program stands: that of the caller, or of the next outer one that is shown."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and is_hidden(frame.f_code.co_filename):
        frame = frame.f_back
    return None if frame is None else step_of(frame.f_code, frame.f_lasti)


def stack_of(pairs: Frames, *, living: bool = True) -> StackTrace:
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


MOST_FILES = 4096
_hidden: dict[str, bool] = {}  # what is_hidden has answered


def is_ours(filename: str) -> bool:
    """Return whether a file is part of lockdep or of the primitives built on it."""
    return filename.startswith(OURS)


def is_hidden(filename: str) -> bool:
    """Return whether reports leave out the frames of this file: ours, threading's, queue's, functools', frozen ones."""
    try:
        return _hidden[filename]  # as in stack_of
    except KeyError:
        answer = is_ours(filename) or filename.startswith("<frozen") or filename in HIDDEN
        if len(_hidden) < MOST_FILES:
            _hidden[filename] = answer
        return answer


def hide(filename: str, *, maker: bool = True) -> None:
    """Hide the frames of one more file, of a library that lockdep puts between the program and the threading module.

    Unless it is a `maker`, the names of locks do not say that they are made there.
    """
    global HIDDEN, UNNAMED
    if not maker:
        UNNAMED |= {filename}
    if filename not in HIDDEN:
        HIDDEN += (filename,)
        _hidden.pop(filename, None)


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
        lines = read_source(filename)
        if lines is None:
            return []
        _sources[filename] = lines
    return lines


def read_source(filename: str) -> list[str] | None:
    """Return the lines of a file, [] if it cannot be read, None if it could be, with a file descriptor for it.

    Only a regular file is read: the program may be /dev/stdin or a pipe, from which it reads its own data.
    """
    try:
        if any(mark in filename for mark in CELLS):
            return cell_lines(filename)
        if not S_ISREG(stat(filename).st_mode):
            return []
        with one_free(), open_file(filename, encoding="utf-8", errors="replace") as file:
            return file.read().splitlines()
    except (OSError, ValueError) as error:
        return None if none_left(error) else []
