"""lockdep.primitives: the package `primitives` of this distribution, and never another one of that name."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import PROGRAM_LIMIT
from tests.sourcetree import ROOT

pytestmark = pytest.mark.any_build

SAME = """
import sys
{first}
{second}
import lockdep.primitives.kernel, primitives.kernel
from lockdep.primitives.kernel import *
from lockdep.primitives import litmus
from lockdep.primitives.spinlock import SpinLock as one
from primitives.spinlock import SpinLock as other
assert lockdep.primitives is primitives and lockdep.primitives.kernel is primitives.kernel
assert one is other is primitives.SpinLock and spin_lock is primitives.kernel.spin_lock
assert litmus.__spec__.name == litmus.__name__ == "primitives.litmus", litmus.__spec__
try:
    import lockdep.primitives.nothing
except ModuleNotFoundError as error:
    print(error)
"""


def run(folder: Path, program: str, path: str = str(ROOT)) -> subprocess.CompletedProcess[str]:
    """Run a program text whose first folder of modules is the one given."""
    (folder / "prog.py").write_text(program)
    command = [sys.executable, str(folder / "prog.py")]
    environment = {"PYTHONPATH": path}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PROGRAM_LIMIT)


@pytest.mark.parametrize("first", ["import primitives", "import lockdep.primitives"])
def test_both_names_mean_the_same_modules(tmp_path: Path, first: str) -> None:
    done = run(tmp_path, SAME.format(first=first, second="import primitives"))

    assert (done.stdout, done.stderr) == ("No module named 'lockdep.primitives.nothing'\n", "")


@pytest.mark.parametrize("first", ["", "import primitives"])
def test_a_module_of_the_program_is_not_taken_for_it(tmp_path: Path, first: str) -> None:
    (tmp_path / "primitives.py").write_text("mine = 1\n")
    program = f"{first}\ntry:\n    import lockdep.primitives\nexcept ImportError as error:\n    print(error)\n"

    done = run(tmp_path, program + "import primitives\nprint(primitives.mine)\n")

    file = tmp_path / "primitives.py"
    assert done.stdout == f"lockdep.primitives: `primitives` is another package here: {file}\n1\n", done.stderr


def test_another_distribution_in_the_same_folder_is_noticed(tmp_path: Path) -> None:
    site = tmp_path / "site"
    (site / "lockdep/primitives").mkdir(parents=True)
    for name in ("__init__.py", "primitives/__init__.py"):
        (site / "lockdep" / name).write_bytes((ROOT / "lockdep" / name).read_bytes())
    (site / "primitives").mkdir()
    (site / "primitives/__init__.py").write_text('"""Shared primitives of something else."""\n')

    done = run(tmp_path, "import lockdep.primitives", str(site))

    assert done.returncode == 1
    assert "another distribution has overwritten" in done.stderr.splitlines()[-1]
