"""The name of a lock class in reports: the place where it is made, and the variable if the source line shows it.

Worked out when a report needs it: names read source files, so they must not be asked for under the graph lock.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Protocol

from lockdep import trace
from lockdep.paths import import_path, short_path
from lockdep.places import Place, Step

Sites = tuple[Place, ...]  # innermost first


class Named(Protocol):
    """What the name of a lock class is made of; see LockClass."""

    @property
    def kind(self) -> str: ...

    @property
    def given(self) -> str | Callable[[], str] | None: ...

    @property
    def places(self) -> Sites: ...

    @property
    def skipped(self) -> Sites: ...


CONDITION = "threading.Condition"
_ASSIGNED = re.compile(r"^(?:global\s+)?([A-Za-z_][\w.]*)\s*(?::[^=]+)?=(?!=)")


def numbers(alike: Sequence[Named]) -> dict[Named, int]:
    """Return how many classes come before each of these, which may get the same name, in order of registration.

    Of several locks made on one line, the second from the left comes after one. Of several that were given one name,
    the kinds come in their order, and those of one kind in order of registration. Cost: O(n log n), and the names.
    """
    if len(alike) == 1:
        return {alike[0]: 0}
    groups: dict[object, list[Named]] = {}
    for one in alike:
        sites = (*one.skipped, *one.places)
        key = None if one.given is not None else (class_name(one), *[site.code() for site in sites])
        groups.setdefault(key, []).append(one)
    return {one: count for group in groups.values() for count, one in enumerate(sorted(group, key=from_left))}


def from_left(lock_class: Named) -> tuple[list[int], str]:
    """Return a sort key for classes made by the same code."""
    return [site.lasti for site in (*lock_class.skipped, *lock_class.places)], lock_class.kind


def likeness(lock_class: Named) -> object:
    """Return a key that is equal for classes that may get one name: the name given, or the lines that make them."""
    if lock_class.given is not None:
        return lock_class.given
    makers = [(place.file, place.function) for place in lock_class.skipped]
    return (*makers, *[(place.file, place.function, place.line) for place in lock_class.places])


def class_name(lock_class: Named) -> str:
    """Return `file.py:12 self.lock`, `queue.Queue.mutex made at app.py:10`, or `f.py:3 < g.py:7 name` for a factory.

    A condition is called like a lock, by its variable: it is one for the program, which writes `with self.ready:`.
    """
    if isinstance(lock_class.given, str):
        return lock_class.given
    place = " < ".join(place_name(site) for site in lock_class.places)
    maker, variable = maker_of(lock_class), variable_name(lock_class.places[-1])
    if maker and not (maker == CONDITION and variable):
        return f"{maker} made at {place}"
    return f"{place} {variable}" if variable else place


def shown_kind(lock_class: Named) -> str:
    """Return what kind of lock the program has made: the lock of a condition is a Condition for it."""
    return "Condition" if lock_class.given is None and maker_of(lock_class) == CONDITION else lock_class.kind


def maker_of(lock_class: Named) -> str:
    """Return what has made a lock for the program, such as `queue.Queue.mutex`; '' if the program did so itself."""
    makers = tuple(site for site in lock_class.skipped if not (trace.is_ours(site.file) or site.file in trace.UNNAMED))
    return maker_name(makers) if makers and makers[-1] is not lock_class.places[0] else ""


def place_name(place: Place | Step) -> str:
    """Return `path:line`; see paths."""
    return f"{short_path(place.file)}:{place.line}"


def maker_name(skipped: Sites) -> str:
    """Return what the passed-over frames were making, such as `queue.Queue.mutex`."""
    place = skipped[-1]
    if place.file.startswith("<"):
        return f"generated {place.name}"
    module = import_path(place.file).removesuffix(".py").replace("/", ".")
    maker = place.function.removesuffix(".__init__").removesuffix(".__new__")
    variable = variable_name(place) if len(skipped) == 1 else ""
    attribute = variable.removeprefix("self.") if variable.startswith("self.") else ""
    return ".".join(part for part in (module, maker, attribute) if part)


def variable_name(place: Place) -> str:
    """Return the variable or attribute that the call at this place is assigned to, '' if the line does not show it."""
    line = trace.source_line(place.file, place.line)
    assigned = assigned_in(line)
    if assigned is None:  # the statement goes on in the next line
        found = _ASSIGNED.match(line)
        return found.group(1) if found else ""
    column = -1 if place.column < 0 else place.column - indent_of(place)
    if len(assigned) > 1:
        assigned = [(target, value) for target, value in assigned if covers(value, column)]
    return target_name(line, assigned[0][0]) if assigned else ""


@lru_cache(maxsize=16)
def assigned_in(line: str) -> list[tuple[ast.expr, ast.expr]] | None:
    """Return (target, value) of each assignment in a line; None if it is no whole statement."""
    try:
        tree = ast.parse(line)
    except (SyntaxError, ValueError):
        return None
    return [pair for node in ast.walk(tree) for pair in assignments(node)]


def assignments(node: ast.AST) -> list[tuple[ast.expr, ast.expr]]:
    """Return (target, value) of an assignment, one for each element of `a, b = Lock(), Lock()`."""
    match node:
        case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)) if len(names) == len(values):
            return list(zip(names, values, strict=True))
        case ast.Assign(targets=[target, *_], value=value) | ast.AnnAssign(target=target, value=ast.expr() as value):
            return [(target, value)]
    return []


def covers(value: ast.expr, column: int) -> bool:
    return value.col_offset <= column < (value.end_col_offset or 0)


def indent_of(place: Place) -> int:
    """Return how far the line of a place is indented."""
    lines = trace.source_lines(place.file)
    line = lines[place.line - 1] if 0 < place.line <= len(lines) else ""
    return len(line) - len(line.lstrip())


def target_name(line: str, target: ast.expr) -> str:
    """Return the text of a variable, an attribute or an element; '' of any other target."""
    return text_of(line, target) if isinstance(target, ast.Name | ast.Attribute | ast.Subscript) else ""


def text_of(line: str, node: ast.expr) -> str:
    """Return the text of an expression, with its strings in single quotes where they are keys.

    Not by ast.unparse, which imports a module when it is first called: if the process forks in that moment, the child
    waits for that module for ever.
    """
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=owner, attr=name):
            return f"{text_of(line, owner)}.{name}"
        case ast.Subscript(value=owner, slice=ast.Constant(value=key)):
            return f"{text_of(line, owner)}[{key!r}]"
    return ast.get_source_segment(line, node) or ""


def assignment_line(filename: str, name: str) -> int:
    """Return the first line at module level that assigns this name, which is where an adopted lock was made; else 0."""
    pattern = re.compile(rf"^{re.escape(name)}\s*(?::[^=]+)?=(?!=)")
    for number, line in enumerate(trace.source_lines(filename), 1):
        if pattern.match(line):
            return number
    return 0
