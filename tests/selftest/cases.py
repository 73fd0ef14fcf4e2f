"""Reading a file of cases. Mistakes in a case are reported before anything runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.selftest.dsl import LOCK, NAME, NUMBER, OPERATIONS, OWNER, TEXT

KINDS = {"ww": "ww_mutex", "ww_ctx": "ww_acquire_ctx", "ctx": "ww_acquire_ctx", "raw": "raw_spin", "map": "annotation"}


class BrokenFile(Exception):
    """The file cannot be run."""


@dataclass(frozen=True)
class Call:
    """One call of an operation in a case: its name, its arguments as written, and its options."""

    operation: str
    arguments: tuple[Any, ...]
    options: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return " ".join([self.operation, *map(str, self.arguments)])


@dataclass(frozen=True)
class Case:
    """A scenario and what the validator is expected to find."""

    name: str
    group: str
    row: str
    column: str
    locks: dict[str, str]
    classes: dict[str, str]
    steps: tuple[Call, ...]
    expect: str = "clean"
    report_kind: str | None = None
    report_at_op: int | None = None
    report_has: tuple[str, ...] = ()
    report_lacks: tuple[str, ...] = ()
    reports: int | None = None
    reads_recurse: bool = True


def load(path: Path, supports: Callable[[str, str], bool], kinds: frozenset[str]) -> list[Case]:
    """Return the cases of a file. `supports` says whether a kind of lock, of those in `kinds`, has an operation."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BrokenFile(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise BrokenFile(f"{path}: not JSON: {error}") from None
    if not isinstance(data, dict) or not isinstance(data.get("cases"), list):
        raise BrokenFile(f"{path}: no list of cases")
    cases = []
    for number, entry in enumerate(data["cases"]):
        label = f"{path}: case {entry.get('name', number) if isinstance(entry, dict) else number}"
        try:
            cases.append(read_case(entry))
            check_case(cases[-1], supports, kinds)
        except BrokenFile as error:
            raise BrokenFile(f"{label}: {error}") from None
    return cases


def read_case(entry: Any) -> Case:
    if not isinstance(entry, dict):
        raise BrokenFile("not an object")
    locks = optional(entry, "locks", dict, {})
    return Case(
        name=required(entry, "name", str),
        group=str(entry.get("group", entry.get("row", ""))),
        row=required(entry, "row", str),
        column=str(required(entry, "column", str | int)),
        locks={name: KINDS.get(kind, kind) for name, kind in locks.items()},
        classes=optional(entry, "classes", dict, {}),
        steps=tuple(read_step(step) for step in required(entry, "ops", list)),
        expect=required(entry, "expect", str),
        report_kind=optional(entry, "report_kind", str, None),
        report_at_op=optional(entry, "report_at_op", int, None),
        report_has=tuple(optional(entry, "report_has", list, [])),
        report_lacks=tuple(optional(entry, "report_lacks", list, [])),
        reports=optional(entry, "reports", int, None),
        reads_recurse=bool(optional(entry, "env", dict, {}).get("force_read_lock_recursive", True)),
    )


def required(entry: dict[str, Any], key: str, kind: Any) -> Any:
    if key not in entry:
        raise BrokenFile(f"the field {key!r} is missing")
    return optional(entry, key, kind, None)


def optional(entry: dict[str, Any], key: str, kind: Any, default: Any) -> Any:
    found = entry.get(key)
    if found is None:
        return default
    if not isinstance(found, kind):
        raise BrokenFile(f"the field {key!r} is a {type(found).__name__}")
    return found


def read_step(step: Any) -> Call:
    if not isinstance(step, list) or not step or not isinstance(step[0], str):
        raise BrokenFile(f"not an operation: {json.dumps(step)}")
    options = step[-1] if isinstance(step[-1], dict) else {}
    return Call(step[0], tuple(step[1 : -1 if options else None]), options)


def check_case(case: Case, supports: Callable[[str, str], bool], kinds: frozenset[str]) -> None:
    if case.expect not in ("report", "clean"):
        raise BrokenFile(f"'expect' is {case.expect!r}, neither 'report' nor 'clean'")
    for name, kind in case.locks.items():
        if kind not in kinds:
            raise BrokenFile(f"unknown kind of lock {kind!r} of {name}")
    for number, step in enumerate(case.steps):
        for problem in problems(case, step, supports):
            raise BrokenFile(f"op {number} ({step}): {problem}")


def problems(case: Case, step: Call, supports: Callable[[str, str], bool]) -> Iterator[str]:
    """Yield the mistakes in an operation, the worst first."""
    known = OPERATIONS.get(step.operation)
    if known is None:
        yield f"unknown operation {step.operation!r}"
        return
    arguments = list(step.arguments)
    if known.by == LOCK:
        name = arguments.pop(0) if arguments else None
        if name not in case.locks:
            yield f"no such lock: {name}"
        elif not supports(case.locks[name], step.operation):
            yield f"a {case.locks[name]} has no such operation"
    if not known.accepts(len(arguments)):
        yield f"{len(step.arguments)} arguments"
    for kind, argument in zip(known.takes, arguments, strict=False):
        if not acceptable(case, kind, argument):
            yield f"{argument!r} is no {kind}"


def acceptable(case: Case, kind: str, argument: Any) -> bool:
    if kind == NUMBER:
        return isinstance(argument, int)
    if kind == TEXT:
        return argument is None or isinstance(argument, str)
    if kind == NAME:
        return isinstance(argument, str) and argument in case.locks
    if argument is None or (kind == OWNER and argument == "poison"):
        return True
    return isinstance(argument, str) and case.locks.get(argument) == "ww_acquire_ctx"
