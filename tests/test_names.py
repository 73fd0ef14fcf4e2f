"""The public names of lockdep: the same at run time and to type checkers, and those of the module that is named."""

from __future__ import annotations

import ast
import importlib

import pytest

import lockdep
from tests.sourcetree import ROOT

pytestmark = pytest.mark.once


def declared() -> dict[str, str]:
    """Return the names that type checkers see, each with its module."""
    tree = ast.parse((ROOT / "lockdep/__init__.pyi").read_text(encoding="utf-8"))
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    return {alias.asname or "": str(node.module) for node in imports for alias in node.names}


def test_type_checkers_see_the_names_of_the_lazy_table() -> None:
    assert sorted([*declared(), "__version__"]) == sorted(lockdep.__all__)


@pytest.mark.parametrize("name", sorted(declared()))
def test_each_name_is_the_object_of_its_module(name: str) -> None:
    assert getattr(lockdep, name) is getattr(importlib.import_module(declared()[name]), name)
