"""The public names of the package: loaded on first use; the same at run time, to type checkers, and by star import."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import primitives
from tests.sourcetree import ROOT


def declared() -> dict[str, str]:
    """Return the names that type checkers see, each with its module."""
    tree = ast.parse(Path(str(primitives.__file__)).read_text())
    (block,) = (node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    return {alias.asname or "": str(node.module) for node in imports for alias in node.names}


def test_type_checkers_see_the_names_of_the_lazy_table() -> None:
    assert sorted(declared()) == sorted(primitives.__all__)


@pytest.mark.parametrize("name", sorted(declared()))
def test_each_name_is_the_object_of_its_module(name: str) -> None:
    home = importlib.import_module(declared()[name])

    assert getattr(primitives, name) == getattr(home, name)


def test_a_star_import_brings_all_names() -> None:
    namespace: dict[str, object] = {}

    exec("from primitives import *", namespace)

    assert set(declared()) <= set(namespace)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Mutexx'"):
        primitives.Mutexx  # noqa: B018


def test_importing_the_package_imports_none_of_its_modules() -> None:
    program = "import sys, primitives; print([name for name in sys.modules if name.startswith('primitives.')])"

    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
