"""lockdep completion: the script that it prints completes commands, options, values and files in a real bash."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lockdep.cli import COMMANDS, main
from lockdep.cli.command_line import Parser
from tests.sourcetree import ROOT

pytest.importorskip("shtab")

IN_BASH = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_shtab_lockdep
printf "%s\\n" "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the script for bash, beside two files."""
    path = tmp_path_factory.mktemp("completion") / "lockdep.bash"
    done = subprocess.run(
        [sys.executable, "-m", "lockdep", "completion", "bash"], cwd=ROOT, capture_output=True, check=True
    )
    path.write_bytes(done.stdout)
    (path.parent / "monday.json").touch()
    return path


def completed(script: Path, *words: str) -> set[str]:
    """Return what bash offers for the last of these words after `lockdep`."""
    if shutil.which("bash") is None:
        pytest.skip("no bash")
    command = ["bash", "-c", IN_BASH, "bash", str(script), "lockdep", *words]
    done = subprocess.run(command, cwd=script.parent, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_commands_are_completed(script: Path) -> None:
    assert completed(script, "") == set(COMMANDS)
    assert completed(script, "ex") == {"explain"}


def test_options_and_their_values_are_completed(script: Path) -> None:
    assert completed(script, "run", "--fail") == {"--fail-on"}
    assert completed(script, "run", "--on-deadlock", "") == {"report", "raise", "exit"}
    assert "sarif" in completed(script, "report", "--format", "")


def test_files_are_completed(script: Path) -> None:
    assert completed(script, "report", "mon") == {"monday.json"}
    assert completed(script, "run", "lock") == {"lockdep.bash"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_each_shell_has_a_script_with_all_commands(shell: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0

    told = capfd.readouterr().out
    assert [name for name in COMMANDS if name not in told] == []
    assert not Parser.asked


def test_without_the_library_one_line_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "shtab", None)

    assert main(["completion", "bash"]) == 2

    assert capfd.readouterr().err == "lockdep: error: completion needs shtab: pip install lockdep[completion]\n"


def test_an_unknown_shell_is_one_line(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "fish"]) == 2

    assert capfd.readouterr().err.count("\n") == 1
