"""The package's names: loaded when they are used, the same for people, type checkers and star imports."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import primitives
from tests.sourcetree import ROOT


def declared() -> dict[str, str]:
    """Return what type checkers see: name -> module."""
    tree = ast.parse(Path(str(primitives.__file__)).read_text())
    (block,) = (node for node in tree.body if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test))
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    return {alias.name: str(node.module) for node in imports for alias in node.names}


def test_type_checkers_see_all_names() -> None:
    assert sorted(declared()) == sorted(primitives.__all__)


@pytest.mark.parametrize("name", sorted(declared()))
def test_a_name_is_that_of_its_module(name: str) -> None:
    home = importlib.import_module(declared()[name])

    assert getattr(primitives, name) == getattr(home, name)


def test_unknown_name() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Mutexx'"):
        primitives.Mutexx  # noqa: B018


def test_nothing_is_loaded_before_it_is_used() -> None:
    program = "import sys, primitives; print([name for name in sys.modules if name.startswith('primitives.')])"

    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
