"""Places: instructions of the program, known by their source text and not by their code objects.

A module that is loaded again, a notebook cell and a template make new code objects of the same text each time. So a
place is named by file, line, function, position and a hash of the text of the code around it: the second time it is the
first place again. Code objects are not kept alive; what is known of one is dropped when it is freed.

Two texts are two places, even on the same line of files of one name (`<stdin>`, `<string>`). Only if the text never
stops changing, so that MOST_TEXTS texts were seen that differ in nothing but the values of constants and numbers in
names (for a text that is in no file, also numbers and hashes in the name of that), further ones count as the last of
these. So generated code cannot fill the memory. The name of a text may be that of a file that is gone (`part_7.py`, but
not `<cell 7>` and `7.py`): there can be MOST_FILES of these.

Costs: the first place in a code object, some 50 ns for each of its instructions; the next ones about 1 us.
"""

from __future__ import annotations

import opcode
import re
from array import array
from bisect import bisect_right
from collections import deque
from types import CodeType
from weakref import ref

from lockdep.kept import kept
from lockdep.paths import exists

MOST_TEXTS = 64
MOST_FILES = 2048

_CONSTANT = bytes(number in {*opcode.hasconst, opcode.opmap.get("LOAD_SMALL_INT", -1)} for number in range(256))
_NUMBER = re.compile(r"\d+")
_HASH = re.compile(r"[0-9a-f]{8,}|\d+")


@kept
class Step:
    """One frame of a stack trace: where it stood. `source` leads to its code object as long as that lives."""

    __slots__ = ("file", "function", "lasti", "line", "source")

    def __init__(self, source: Source, lasti: int) -> None:
        self.source: Source = source
        self.file: str = source.file
        self.function: str = source.function
        self.line: int = source.line(lasti)
        self.lasti: int = lasti


class Place:
    """An instruction; equal ones are one object.

    `text` is a hash of the text of its code object. `column` is -1 if it is not known.
    """

    __slots__ = ("column", "file", "function", "lasti", "line", "text")

    def __init__(self, file: str, function: str, line: int, column: int, lasti: int, text: int) -> None:
        self.file: str = file
        self.function: str = function
        self.line: int = line
        self.column: int = column
        self.lasti: int = lasti
        self.text: int = text

    def code(self) -> tuple[str, str, int]:
        """Return what is equal for the places in one code object."""
        return (self.file, self.function, self.text)

    @property
    def name(self) -> str:
        """The name of the function, without what it is nested in."""
        return self.function.rpartition(".")[2]


class Source(ref[CodeType]):
    """What is known of one living code object. The tables are made when they are first needed."""

    __slots__ = ("_columns", "_lines", "_shape", "_starts", "_text", "file", "function", "number", "places", "steps")

    def __new__(cls, code: CodeType) -> Source:
        # The callback is a method of C: no signal handler can run in it.
        return super().__new__(cls, code, _gone.append)

    def __init__(self, code: CodeType) -> None:
        self.number: int = id(code)
        self.file: str = code.co_filename
        self.function: str = code.co_qualname
        self.places: dict[int, Place] = {}
        self.steps: dict[int, Step] = {}
        self._starts: array[int] | None = None
        self._columns: array[int] | None = None
        self._text: int | None = None
        self._shape: int | None = None

    def alive(self) -> CodeType:
        """Return the code object. The caller holds it."""
        code = self()
        assert code is not None
        return code

    def line(self, lasti: int) -> int:
        """Return the line of the instruction at this offset."""
        if self._starts is None:
            code = self.alive()
            runs = [(start, code.co_firstlineno if line is None else line) for start, _, line in code.co_lines()]
            self._lines = array("i", [line for _, line in runs])
            self._starts = array("i", [start for start, _ in runs])
        at = bisect_right(self._starts, lasti) - 1
        return self._lines[at] if at >= 0 else self.alive().co_firstlineno

    def column(self, lasti: int) -> int:
        """Return the column of the instruction at this offset in its line; -1 if positions are not kept."""
        if self._columns is None:
            found = [-1 if column is None else column for _, _, column, _ in self.alive().co_positions()]
            self._columns = array("i", found)
        return self._columns[lasti // 2] if 0 <= lasti // 2 < len(self._columns) else -1

    def text(self) -> int:
        """Return a hash of the text of the code object, with that of the functions in it."""
        if self._text is None:
            self._text = text_of(self.alive())
        return self._text

    def shape(self) -> int:
        """Return a hash of the same without the values of constants and the numbers in names."""
        if self._shape is None:
            self._shape = shape_of(self.alive())
        return self._shape


_sources: dict[int, Source] = {}  # by the id of the code object: hashing a code object hashes its contents
_gone: deque[Source] = deque()  # of code objects that were freed
_places: dict[tuple[object, ...], Place] = {}
_texts: dict[int, list[Place]] = {}  # the places that differ only in constants and numbers


def source_of(code: CodeType) -> Source:
    """Return what is known of a code object."""
    try:
        # Not get(): a subscript takes no lock in a free-threaded build, so a fork cannot leave one taken.
        found = _sources[id(code)]
        if found() is code:
            return found
    except KeyError:
        pass
    forget_freed()
    found = _sources[id(code)] = Source(code)
    return found


def forget_freed() -> None:
    """Drop what is known of code objects that were freed."""
    while _gone:
        try:
            dead = _gone.popleft()
            if _sources[dead.number] is dead:
                del _sources[dead.number]
        except (IndexError, KeyError):  # another thread was faster
            pass


def step_of(code: CodeType, lasti: int) -> Step:
    """Return the step of a stack trace for a frame that stands at this offset of a code object."""
    source = source_of(code)
    try:
        return source.steps[lasti]
    except KeyError:
        found = source.steps[lasti] = Step(source, lasti)
        return found


def place_of(code: CodeType, lasti: int) -> Place:
    """Return the place of the instruction at this offset of a code object."""
    source = source_of(code)
    found = source.places.get(lasti)
    return found if found is not None else source.places.setdefault(lasti, register_place(source, lasti))


def register_place(source: Source, lasti: int) -> Place:
    """Return the one place with this text; it is made at the first call."""
    line = source.line(lasti)
    key = (source.file, source.function, line, lasti, source.text())
    found = _places.get(key)
    if found is not None:
        return found
    family = numberless_file(source.file)
    alike = _texts.setdefault(hash((family, line, lasti, source.shape())), [])
    if len(alike) >= (MOST_FILES if family != source.file and names_files(family) else MOST_TEXTS):
        return alike[-1]
    made = Place(source.file, source.function, line, source.column(lasti), lasti, source.text())
    found = _places.setdefault(key, made)
    alike.append(found)
    return found


def numberless(name: str) -> str:
    return _NUMBER.sub("#", name)


def numberless_file(name: str) -> str:
    """Return the name of a file; that of a text which is in no file, such as `<cell 7>`, without numbers and hashes."""
    without = _HASH.sub("#", name)
    return name if without == name or (not name.startswith("<") and exists(name)) else without


def names_files(family: str) -> bool:
    """Return whether this may be what the names of several files have in common."""
    return not family.rpartition("/")[2].startswith(("<", "#"))


def text_of(code: CodeType) -> int:
    """Return a hash of the text of a code object. The hash of the object itself has no bytecode in it on 3.11."""
    return hash((code, code.co_code, *map(text_of, inner_code(code))))


def inner_code(code: CodeType) -> list[CodeType]:
    """Return the code objects of the functions and classes in a code object."""
    return [one for one in code.co_consts if isinstance(one, CodeType)]


def shape_of(code: CodeType) -> int:
    """Return a hash of the text of a code object without the values of constants and the numbers in names."""
    pairs = zip(code.co_code[::2], code.co_code[1::2], strict=True)
    steps = bytes(part for op, argument in pairs for part in ((0, 0) if _CONSTANT[op] else (op, argument)))
    names = (code.co_qualname, *code.co_names, *code.co_varnames, *code.co_cellvars, *code.co_freevars)
    return hash((steps, *map(numberless, names), *map(shape_of, inner_code(code))))
