"""What children of a fork tell their parent: the locks that they found they cannot have.

A letter is a line of JSON in a file without a name, which children inherit. The parent reads it when it is asked for
findings. The lock classes are those of the parent, known by their addresses, which a fork does not change.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, cast

from lockdep.graph.classes import registry
from lockdep.imports import own_imports
from lockdep.places import Step
from lockdep.reports.outlet import identity
from lockdep.trace import StackTrace
from lockdep.violations.finding import Finding
from lockdep.violations.forked import ForkedLock
from lockdep.violations.where import Where

Told = tuple[ForkedLock, str, str]  # the violation, its grade and the reason of that
MOST_BYTES = 1 << 20


class ToldStep(NamedTuple):
    """A frame of another process, as a Step is one of this process."""

    file: str
    function: str
    line: int
    lasti: int = -1

    def source(self) -> None:
        """Return no code object."""


class Letters:
    """The file. In children `writes` is set: they do not read."""

    def __init__(self) -> None:
        self.writes = False
        self._descriptor = -1
        self._opened: tuple[int, int] | None = None
        self._read = 0

    def open(self) -> None:
        """Make the file, in a process that is going to fork. If that cannot be done, its children tell it nothing."""
        if self._opened is not None:
            return
        try:
            if hasattr(os, "memfd_create"):
                self._descriptor = os.memfd_create("lockdep")
            else:
                import tempfile

                with tempfile.TemporaryFile() as file:
                    self._descriptor = os.dup(file.fileno())
        except OSError:
            return
        self._opened = identity(self._descriptor)

    def is_open(self) -> bool:
        """Return whether the file is open. A program that closes all files may have opened another one in its place."""
        return self._opened is not None and identity(self._descriptor) == self._opened

    def post(self, found: Finding) -> None:
        """Write a finding of this kind, in a child."""
        if not isinstance(found.violation, ForkedLock) or not self.is_open():
            return
        with own_imports():
            import json  # here and below: a program without such a finding does not pay for it

        told = found.violation
        letter = {
            "class": id(told.lock_class), "held": told.held, "waits": told.waits, "other": told.other,
            "taken": frames(told.taken), "forked": frames(told.forked), "stack": frames(told.where.stack),
            "thread": told.where.thread, "grade": found.grade, "reason": found.reason,
        }  # fmt: skip
        data = json.dumps(letter).encode() + b"\n"
        size = os.fstat(self._descriptor).st_size
        if size + len(data) < MOST_BYTES:
            os.pwrite(self._descriptor, data, size)

    def read(self) -> Iterator[Told]:
        """Yield what was written since the last call."""
        if self.writes or not self.is_open():
            return
        data = os.pread(self._descriptor, MOST_BYTES, self._read)
        if not data:
            return
        with own_imports():
            import json

        whole = data.rpartition(b"\n")[0]
        self._read += len(whole) + 1 if whole else 0
        classes = {id(one): one for one in registry.classes()}
        for line in whole.splitlines():
            letter: dict[str, Any] = json.loads(line)
            if letter["class"] in classes:
                where = Where(letter["thread"], (), stack(letter["stack"]))
                yield ForkedLock(
                    classes[letter["class"]], letter["held"], letter["waits"], letter["other"],
                    stack(letter["taken"]), stack(letter["forked"]), where,
                ), letter["grade"], letter["reason"]  # fmt: skip


def frames(told: StackTrace) -> list[tuple[str, str, int]]:
    return [(step.file, step.function, step.line) for step in told.steps]


def stack(rows: Sequence[tuple[str, str, int]]) -> StackTrace:
    return StackTrace(tuple(cast(Step, ToldStep(*row)) for row in rows))
