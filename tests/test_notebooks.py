"""Code in the cells of a notebook: reports call it by the number of its cell, and show its lines."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from lockdep.notebooks import cell_lines, cell_name
from tests.worlds import PLAIN, program

NOTEBOOK = """
import os
from IPython.core.compilerop import CachingCompiler
from IPython.core.interactiveshell import InteractiveShell
import lockdep

class Kernels(CachingCompiler):  # names the cells as ipykernel does
    def get_code_name(self, raw_code, code, number):
        return f"/tmp/ipykernel_123/{abs(hash(code))}.py"

InteractiveShell.compiler_class = Kernels if os.environ["KIND"] == "kernel" else CachingCompiler
shell = InteractiveShell.instance()
lockdep.install()
for cell in (
    "import threading",
    "a = threading.Lock()\\nb = threading.Lock()",
    "def one():\\n    with a:\\n        with b:\\n            pass",
    "one()",
    "with ORDER:\\n    pass",
):
    shell.run_cell(cell, store_history=True).raise_error()
"""
NEEDS_IPYTHON = pytest.mark.skipif(find_spec("IPython") is None, reason="needs IPython")


@NEEDS_IPYTHON
@pytest.mark.parametrize("kind", ["terminal", "kernel"])
def test_a_report_names_cells_by_their_number_and_shows_their_lines(tmp_path: Path, kind: str) -> None:
    told = program(tmp_path, NOTEBOOK.replace("ORDER", "b, a"), command=PLAIN, KIND=kind).stderr
    words = " ".join(told.split())

    for line in (
        "A In [2]:1 a (Lock)",
        "> In [3]:2 one with a: holds A",
        "In [4]:1 <module> one()",
        "> In [5]:1 <module> with b, a: holds B, wants A",
        'accept suppress = ["circular: In [2]:1 a -> In [2]:2 b # why"]',
    ):
        assert line in words
    assert "ipykernel_" not in told
    assert "ipython-input" not in told


@NEEDS_IPYTHON
def test_one_order_in_cells_is_silent(tmp_path: Path) -> None:
    assert "ERROR" not in program(tmp_path, NOTEBOOK.replace("ORDER", "a, b"), command=PLAIN, KIND="kernel").stderr


@pytest.mark.parametrize("name", ["app.py", "<stdin>", "<ipython-input-1-0123>", "/tmp/ipykernel_1/2.py"])
def test_a_file_is_no_cell_if_no_notebook_knows_it(name: str) -> None:
    assert cell_name(name) == ""
    assert cell_lines(name) == []
