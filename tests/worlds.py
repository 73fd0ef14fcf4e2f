"""A validator of its own for a test, and the few moves that lock scenarios are made of."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import lockdep
from lockdep import patch, runtime
from lockdep.threading import Lock, RLock
from lockdep.validator.validator import Validator
from lockdep.violations.finding import Finding
from tests.patience import PROGRAM_LIMIT
from tests.sourcetree import ROOT


@contextlib.contextmanager
def world(**options: Any) -> Iterator[Validator]:
    """Validate in isolation, and write no reports."""
    stream = runtime._Process.outlet.descriptor
    runtime.report_to(None)
    try:
        with lockdep.use(lockdep.Validator(lockdep.Options(**options))) as validator:
            yield validator
    finally:
        runtime.report_to(stream)


@contextlib.contextmanager
def patched_world(**options: Any) -> Iterator[Validator]:
    """An isolated validator, with threading's and concurrent.futures' names and waits patched."""
    before = runtime.validator()
    patch.install()
    try:
        with world(**options) as validator:
            yield validator
    finally:
        patch.uninstall()
        runtime.activate(before)


def nest(*locks: Any) -> None:
    """Take the locks in this order, release them in the opposite one."""
    with contextlib.ExitStack() as stack:
        for lock in locks:
            stack.enter_context(lock)


def found() -> list[str]:
    """Return what was found so far: slugs of errors, and of warnings with a question mark."""
    return [describe(finding) for finding in runtime.findings()]


def describe(finding: Finding) -> str:
    return finding.slug if finding.level == "error" else finding.slug + "?"


def in_thread(function: Callable[[], object]) -> None:
    """Run a function in a thread of its own, to its end; its exception comes out here."""
    failed: list[BaseException] = []

    def body() -> None:
        try:
            function()
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]


def five(kind: Any = Lock) -> tuple[Any, Any, Any, Any, Any]:
    """Return five locks of five classes; each call makes new instances of the same ones."""
    a = kind()
    b = kind()
    c = kind()
    d = kind()
    e = kind()
    return a, b, c, d, e


def alike(count: int, kind: Any = Lock) -> list[Any]:
    """Return locks of one class."""
    return [kind() for _ in range(count)]


def program(
    folder: Path, source: str, *flags: str, command: tuple[str, ...] = (), **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a program text in a process of its own, under `lockdep run` unless told otherwise by `command`."""
    path = folder / "prog.py"
    path.write_text(source)
    env = {name: value for name, value in os.environ.items() if name != "LOCKDEP_OPTIONS"}
    env |= {"PYTHONPATH": str(ROOT), "PYTHONFAULTHANDLER": "1", **environment}
    how = command or ("-m", "lockdep", "run")
    return subprocess.run(
        [sys.executable, *flags, *how, str(path)],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        timeout=PROGRAM_LIMIT,
    )


PLAIN = ("-X", "utf8")  # a `command` for program(): no `lockdep run`

__all__ = [
    "PLAIN", "Lock", "RLock", "alike", "describe", "five", "found",
    "in_thread", "nest", "patched_world", "program", "world",
]  # fmt: skip
