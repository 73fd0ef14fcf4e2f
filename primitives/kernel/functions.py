"""Makes the functions of the table: real ones, with the signature of their row and the docstring of their method.

A function is compiled when its name is first used, in some 50 us. Its code belongs to this package, so the place of an
acquisition, or of the making of a lock, is that of its caller.
"""

from __future__ import annotations
import __future__

import importlib
import inspect
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from errno import EINTR, ETIME
from typing import Any, TypeVar

import lockdep
import primitives
from primitives.kernel.table import SECTIONS, Section

FOLDER = os.path.dirname(os.path.abspath(__file__))
FUNCTION = re.compile(r"(\w+)\((.*?)\) -> ([^:]+): (.*?)(?:  # (.*))?")
ALIAS = re.compile(r"(\w+) = (\w+)")
EXISTING = re.compile(r"([\w.]+): ([\w ]+)")
METHOD = re.compile(r"\b(\w+)\.(\w+)")


def status(take: Callable[..., object], *arguments: object) -> int:
    """Return 0 when it was taken, or -EINTR if a signal handler has ended the wait."""
    try:
        take(*arguments)
    except InterruptedError:
        return -EINTR
    return 0


def outcome(take: Callable[..., int], *arguments: object) -> int:
    """Return what `take` returns, as a number, or -EINTR if a signal handler has ended the wait."""
    try:
        return int(take(*arguments))
    except InterruptedError:
        return -EINTR


@dataclass(frozen=True, slots=True)
class Row:
    """One name. A function has `parameters`, `result` and `expression`, all others only the `home` they come from."""

    name: str
    home: str = ""
    parameters: str = ""
    result: str = ""
    expression: str = ""
    text: str = ""

    @property
    def signature(self) -> str:
        """The name with parameters and result, as in Python."""
        return f"{self.name}({self.parameters}) -> {self.result}"

    @property
    def call(self) -> str:
        """The name with the names of the parameters, as in C."""
        return f"{self.name}({', '.join(re.findall(r'([*]?[a-z]+)(?=: )', self.parameters))})"


def parse(line: str) -> Iterator[Row]:
    """Yield the rows of one line of the table. ValueError if it is none."""
    if found := FUNCTION.fullmatch(line):
        name, parameters, result, expression, text = found.groups(default="")
        yield Row(name, "", parameters, result, expression, text)
    elif found := ALIAS.fullmatch(line):
        yield Row(found[1], found[2])
    elif found := EXISTING.fullmatch(line):
        for name in found[2].split():
            yield Row(name, f"{found[1]}.{name}")
    else:
        raise ValueError(f"not a row of the table: {line!r}")


def rows_of(section: Section) -> list[Row]:
    """Return the rows of a section."""
    return [row for line in section.lines() for row in parse(line)]


ROWS = {row.name: row for section in SECTIONS for row in rows_of(section)}


def make(name: str) -> Any:
    """Return what a kernel name stands for. KeyError if it is not in the table."""
    row = ROWS[name]
    return make_function(row) if row.expression else find(row.home)


def find(name: str) -> Any:
    """Return an object by its public name, or by its full one."""
    module, _, last = name.rpartition(".")
    if module:
        return getattr(importlib.import_module(module), last)
    if name in KNOWN:
        return KNOWN[name]
    return getattr(primitives if name in primitives.__all__ else lockdep, name)


def make_function(row: Row) -> Any:
    """Return the function of a row."""
    name = f"{FOLDER}{os.sep}<{row.name}>"
    code = compile(source_of(row), name, "exec", __future__.annotations.compiler_flag, dont_inherit=True)
    space: dict[str, Any] = {"__name__": "primitives.kernel"}
    for word in sorted(set(re.findall(r"\w+", f"{row.parameters} {row.result} {row.expression}"))):
        if word in KNOWN or word in primitives.__all__ or word in lockdep.__all__:
            space[word] = find(word)
    exec(code, space)
    function = space[row.name]
    function.__doc__ = f"{row.text or text_of(row)}\n\nThe same as `{row.expression}`.".lstrip()
    return function


def source_of(row: Row) -> str:
    """Return the source of a function: its body returns the expression, unless it returns None."""
    return f"def {row.signature}: {'' if row.result == 'None' else 'return '}{row.expression}\n"


def text_of(row: Row) -> str:
    """Return the docstring of what the expression calls: a method of a parameter, a class, or a function.

    It is '' for a compiled one if the interpreter was built without docstrings.
    """
    if row.expression.startswith("status("):
        return "Take it, or wait until it is done; return 0, or -EINTR if a signal handler has run meanwhile."
    if row.expression.startswith("outcome("):
        return "Return what the method returns, as a number, or -EINTR if a signal handler has run meanwhile."
    if ".__init__(" in row.expression:
        return "Begin a new life as one that was just made. It is reported if somebody holds it."
    types = dict(re.findall(r"(\w+): (\w+)", row.parameters))
    method = METHOD.search(row.expression)
    if method is not None and method[1] in types:
        target = getattr(find(types[method[1]]), method[2])
    else:
        target = find(row.expression.partition("(")[0])
    return inspect.getdoc(target) or ""


def _known() -> dict[str, Any]:
    from primitives.rculist import Node
    from primitives.waitqueue import Condition

    return {
        "Any": Any, "Callable": Callable, "Condition": Condition, "ETIME": ETIME, "Iterator": Iterator, "Node": Node,
        "T": TypeVar("T"), "bool": bool, "float": float, "id": id, "int": int, "iter": iter, "next": next,
        "object": object, "outcome": outcome, "status": status, "str": str, "tuple": tuple,
    }  # fmt: skip


KNOWN = _known()  # what a row may name that is no public name of primitives or lockdep
