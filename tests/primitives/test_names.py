"""The package's names: loaded when they are used, the same for people, type checkers and star imports."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import primitives
from tests.sourcetree import ROOT


@pytest.mark.parametrize("name", primitives.__all__)
def test_name(name: str) -> None:
    home = importlib.import_module(f"primitives.{primitives._HOMES[name]}")

    assert getattr(primitives, name) is getattr(home, name)


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse(Path(primitives.__file__).read_text())
    (block,) = (node for node in tree.body if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test))
    imported = {
        f"{node.module}.{alias.name}" for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }

    assert imported == {f"primitives.{home}.{name}" for name, home in primitives._HOMES.items()}


def test_unknown_name() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Mutexx'"):
        primitives.Mutexx  # noqa: B018


def test_nothing_is_loaded_before_it_is_used() -> None:
    program = "import sys, primitives; print([name for name in sys.modules if name.startswith('primitives.')])"

    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
