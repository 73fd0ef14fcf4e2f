"""What a lock class is called, worked out for a report: the place, and the variable if the source line tells."""

from __future__ import annotations

import ast
import re
from types import CodeType
from typing import TYPE_CHECKING

from lockdep import trace

if TYPE_CHECKING:
    from lockdep.graph.classes import LockClass

_ASSIGNED = re.compile(r"^(?:global\s+)?([A-Za-z_][\w.]*)\s*(?::[^=]+)?=(?!=)")


def class_name(lock_class: LockClass) -> str:
    """Return `file.py:12 self.lock`, `queue.Queue.mutex made at app.py:10`, or `f.py:3 < g.py:7 name` for a factory."""
    if isinstance(lock_class.given, str):
        return lock_class.given
    inner = lock_class.places[0]
    place = " < ".join(place_name(*site) for site in lock_class.places)
    makers = tuple(site for site in lock_class.skipped if not trace.is_ours(site[0].co_filename))
    if makers and makers[-1] is not inner:
        return f"{maker_name(makers)} made at {place}"
    variable = variable_name(*lock_class.places[-1])
    return f"{place} {variable}" if variable else place


def place_name(code: CodeType, lasti: int) -> str:
    """Return `path:line`, the path relative to where it is imported from."""
    return f"{trace.short_path(code.co_filename)}:{trace.line_of(code, lasti)}"


def maker_name(skipped: tuple[tuple[CodeType, int], ...]) -> str:
    """Return what the passed-over frames were making, such as `queue.Queue.mutex`."""
    code, _ = skipped[-1]
    if code.co_filename.startswith("<"):
        return f"generated {code.co_name}"
    module = trace.short_path(code.co_filename).removeprefix("stdlib/").removesuffix(".py").replace("/", ".")
    maker = code.co_qualname.removesuffix(".__init__").removesuffix(".__new__")
    variable = variable_name(*skipped[-1]) if len(skipped) == 1 else ""
    attribute = variable.removeprefix("self.") if variable.startswith("self.") else ""
    return ".".join(part for part in (module, maker, attribute) if part)


def variable_name(code: CodeType, lasti: int) -> str:
    """Return the variable or attribute that the call at this offset is assigned to, '' where the line does not tell."""
    line = trace.source_line(code.co_filename, trace.line_of(code, lasti))
    try:
        tree = ast.parse(line)
    except (SyntaxError, ValueError):  # the first line of several
        found = _ASSIGNED.match(line)
        return found.group(1) if found else ""
    column = column_of(code, lasti)
    assigned = [pair for node in ast.walk(tree) for pair in assignments(node)]
    if len(assigned) > 1:
        assigned = [(target, value) for target, value in assigned if covers(value, column)]
    return target_name(assigned[0][0]) if assigned else ""


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


def column_of(code: CodeType, lasti: int) -> int:
    """Return the column of the instruction from the first word of its line; -1 where positions are not kept."""
    for index, (_, _, column, _) in enumerate(code.co_positions()):
        if 2 * index == lasti:
            return -1 if column is None else column - indent_of(code, lasti)
    return -1


def indent_of(code: CodeType, lasti: int) -> int:
    line = trace.line_of(code, lasti)
    lines = trace.source_lines(code.co_filename)
    return len(lines[line - 1]) - len(lines[line - 1].lstrip()) if 0 < line <= len(lines) else 0


def target_name(target: ast.expr) -> str:
    return ast.unparse(target) if isinstance(target, ast.Name | ast.Attribute | ast.Subscript) else ""


def assignment_line(filename: str, name: str) -> int:
    """Return the first line at module level that assigns this name, or 0: where an adopted lock was made."""
    pattern = re.compile(rf"^{re.escape(name)}\s*(?::[^=]+)?=(?!=)")
    for number, line in enumerate(trace.source_lines(filename), 1):
        if pattern.match(line):
            return number
    return 0
