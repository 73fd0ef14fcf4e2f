"""Lint, types and the import contract: part of the one test command. Skipped where the tools are not installed."""

import importlib.util
import subprocess
import sys

import pytest

from tests.sourcetree import ROOT

CHECKS = {
    "ruff": ["-m", "ruff", "check", "--no-cache", "."],
    "mypy": ["-m", "mypy"],
    "importlinter": ["-c", "from importlinter.cli import lint_imports_command as main; main()", "--no-cache"],
}


@pytest.mark.once
@pytest.mark.parametrize("tool", CHECKS)
def test_clean(tool: str) -> None:
    if importlib.util.find_spec(tool) is None:
        pytest.skip(f"{tool} is not installed: pip install lockdep[dev]")

    done = subprocess.run([sys.executable, *CHECKS[tool]], cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout + done.stderr
