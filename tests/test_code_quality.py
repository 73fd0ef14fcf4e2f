"""Lint, types and the import contract, as part of the test command. Skipped if a tool is not installed."""

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
def test_the_tool_has_no_complaint(tool: str) -> None:
    if importlib.util.find_spec(tool) is None:
        pytest.skip(f"{tool} is not installed: pip install lockdep[dev]")

    done = subprocess.run([sys.executable, *CHECKS[tool]], cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout + done.stderr
