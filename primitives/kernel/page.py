"""What is made of the table of the kernel's names as text: the page of the documentation, and the stub for mypy."""

from __future__ import annotations

import re

from primitives.kernel.functions import ROWS, Row, rows_of
from primitives.kernel.guards import GUARDS, written
from primitives.kernel.table import SECTIONS

INTRODUCTION = """\
# Kernel names

<!-- Made by `python -m primitives.kernel > docs/kernel-names.md`. -->

`from primitives.kernel import *` brings the primitives under the names of the kernel's functions, so that a listing in
C can be written down line by line: `spin_lock(&lock);` becomes `spin_lock(lock)`. Arguments are in the kernel's order.
Where the kernel returns 0 or a negative errno, so do these functions. Interrupt flags are returned:
`flags = spin_lock_irqsave(lock)`. Times are in seconds. Numbers have 64 bits. A lock in reports has the name and place
of the line that makes it, and an acquisition the place of the line that calls the function.

"""
HEAD = """\
# The types of the names in table.py. Made by `python -m primitives.kernel --stub > primitives/kernel/__init__.pyi`.
# ruff: noqa
# fmt: off
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from lockdep.annotations import LockClassKey, LockMap
from primitives import (
    SRCU, AcquireContext, Atomic, AtomicFlags, AtomicRef, Completion, DelayedWork, KThread, Kref, LocalLock, Mutex,
    PerCPU, PercpuRWSem, RCUList, RCUPointer, RWLock, RWSem, RawSpinLock, Refcount, Semaphore, SeqCount, SeqCountLatch,
    SeqLock, SpinLock, Tasklet, Timer, WaitQueueHead, Work, WorkQueue, WWClass, WWMutex,
)
from primitives.kernel.guards import scoped_guard as scoped_guard
from primitives.rculist import Node
from primitives.waitqueue import Condition"""
STATUS = re.compile(r"(?:status|outcome)\(([^,]*)(?:, )?(.*)\)")
GENERIC = re.compile(r"\bT\b")


def markdown() -> str:
    """Return the page."""
    tables = [table(section.title, [cells(row) for row in rows_of(section)]) for section in SECTIONS]
    guards = [(f'scoped_guard("{row.name}", ...)', written(row)) for row in GUARDS.values()]
    tables.append(table("Guards", guards))
    return INTRODUCTION + "\n".join(tables)


def table(title: str, rows: list[tuple[str, str]]) -> str:
    """Return a table of two columns with its heading."""
    lines = [f"| `{name}` | `{object_}` |" for name, object_ in rows]
    return "\n".join([f"## {title}", "", "| kernel | here |", "|---|---|", *lines, ""])


def cells(row: Row) -> tuple[str, str]:
    """Return the kernel's form and ours."""
    if not row.expression:
        return row.name, row.home
    taken = STATUS.fullmatch(row.expression)
    return row.call, f"{taken[1]}({taken[2]})" if taken else row.expression


def stub() -> str:
    """Return the text of the stub."""
    rows = ROWS.values()
    existing = [row.home.rpartition(".") for row in rows if "." in row.home]
    imports = [f"from {module} import {name} as {name}" for module, _, name in existing]
    aliases = [f"{row.name} = {row.home}" for row in rows if row.home and "." not in row.home]
    functions = [GENERIC.sub("_T", f"def {row.signature}: ...") for row in rows if row.expression]
    return "\n".join([HEAD, *imports, "", '_T = TypeVar("_T")', "", *aliases, "", *functions, ""])
