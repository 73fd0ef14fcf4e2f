"""No import cycle among the modules of primitives, not even by imports for type checkers or inside functions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import primitives
from tests.sourcetree import ROOT

PACKAGE = Path(str(primitives.__file__)).parent


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py"}


def imported(path: Path) -> set[str]:
    """Return the modules of primitives that a file names in an import statement anywhere in it."""
    return {name for node in ast.walk(ast.parse(path.read_text())) for name in names_of(node) if name in MODULES}


def names_of(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        yield str(node.module)
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def without_imports_left(graph: dict[str, set[str]]) -> dict[str, set[str]]:
    """Remove the modules that import nothing, again and again. What remains is on a cycle or leads to one."""
    while leaves := {module for module, used in graph.items() if not used}:
        graph = {module: used - leaves for module, used in graph.items() if module not in leaves}
    return graph


def test_no_module_imports_itself_directly_or_indirectly() -> None:
    graph = {module: imported(path) for module, path in MODULES.items()}
    assert graph["primitives.seqlock"] >= {"primitives.spinlock", "primitives._seqlock"}  # the imports are found at all

    assert without_imports_left(graph) == {}


@pytest.mark.parametrize("graph", [{"a": {"b"}, "b": {"a"}, "c": set()}, {"a": {"a"}}], ids=["two", "itself"])
def test_the_search_finds_a_cycle(graph: dict[str, set[str]]) -> None:
    assert without_imports_left(graph)
