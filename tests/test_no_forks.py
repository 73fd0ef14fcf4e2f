"""A system on which no process can fork: lockdep and the primitives are imported, and find what they find."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.worlds import PLAIN, program

SOURCE = """
import os
del os.fork, os.register_at_fork
import lockdep, primitives
lockdep.install()
import threading
a = threading.Lock()
b = threading.Lock()
with a, b: pass
ORDER
print([one.slug for one in lockdep.findings()])
"""
BUILDS = pytest.mark.parametrize("pure", ["0", pytest.param("1", marks=pytest.mark.pure_build)])


@BUILDS
@pytest.mark.parametrize(("order", "slugs"), [("with b, a: pass", ["circular"]), ("with a, b: pass", [])])
def test_findings_need_no_forks(tmp_path: Path, order: str, slugs: list[str], pure: str) -> None:
    done = program(tmp_path, SOURCE.replace("ORDER", order), command=PLAIN, LOCKDEP_PURE=pure)

    assert done.stdout == f"{slugs}\n", done.stderr


@BUILDS
def test_a_program_runs_under_lockdep(tmp_path: Path, pure: str) -> None:
    hook = "import os\ndel os.fork, os.register_at_fork\n"
    (tmp_path / "sitecustomize.py").write_text(hook)

    done = program(tmp_path, "print('well')", LOCKDEP_PURE=pure, PYTHONPATH=f"{tmp_path}:{Path.cwd()}")

    assert (done.stdout, done.returncode) == ("well\n", 0), done.stderr
