"""The wheel that pip makes of the source tree: with and without a compiler, and with each variable for the build."""

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from importlib.metadata import distributions, version
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.patience import PROGRAM_LIMIT
from tests.sourcetree import PACKAGES, ROOT, copy_source

pytestmark = [pytest.mark.once, pytest.mark.network]

TRANSLATED = Path("build/cython")
NO_COMPILER = {"CC": "/bin/false", "CXX": "/bin/false"}
OFFLINE = ("No matching distribution found", "Could not find a version", "No module named pip")


def has_build_requirements() -> bool:
    """Return whether the running environment can build without a download."""
    installed = {"setuptools", "cython"} <= {each.name.lower() for each in distributions()}
    return installed and int(version("setuptools").partition(".")[0]) >= 77


def build(folder: Path, variables: Mapping[str, str], isolated: bool = False) -> subprocess.CompletedProcess[str]:
    """Make a wheel in folder/wheels with the given variables and none of the caller's.

    Isolated, pip downloads the build's requirements, and Cython translates everything. Otherwise those of the running
    environment are used, if they are there, and the C that its own build has made: this takes a tenth of the time.
    """
    how = [] if isolated or not has_build_requirements() else ["--no-build-isolation"]
    source = copy_source(folder / "source")
    if not isolated and (ROOT / TRANSLATED).is_dir():
        shutil.copytree(ROOT / TRANSLATED, source / TRANSLATED)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LOCKDEP_", "PYTHON"))}
    done = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-v", *how, "--no-deps", "-w", folder / "wheels", source],
        env={**environment, **variables}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    if any(words in done.stdout for words in OFFLINE):
        pytest.skip("pip cannot fetch the build's requirements here")
    return done


def run_installed(folder: Path, *arguments: str) -> str:
    """Unpack the wheel, run `python -m lockdep` from it, and return what it printed."""
    (wheel,) = (folder / "wheels").glob("*.whl")
    with ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LOCKDEP_", "PYTHON"))}
    done = subprocess.run(
        [sys.executable, "-m", "lockdep", *arguments],
        cwd=folder, env={**environment, "PYTHONPATH": str(folder / "site")},
        capture_output=True, text=True, timeout=PROGRAM_LIMIT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def extensions(folder: Path) -> list[Path]:
    return [*(folder / "site").rglob("*.so"), *(folder / "site").rglob("*.pyd")]


def quick_compiler(folder: Path) -> str:
    """Return a C compiler that does not optimise: what is tested is the wheel, and this takes a quarter of the time."""
    path = folder / "cc"
    path.write_text(f'#!/bin/sh\nexec {sysconfig.get_config_var("CC")} "$@" -O0\n')
    path.chmod(0o755)
    return str(path)


def test_a_compiler_gives_the_compiled_build(tmp_path: Path) -> None:
    done = build(tmp_path, {"LOCKDEP_REQUIRE_COMPILED": "1", "CC": quick_compiler(tmp_path)}, isolated=True)

    assert done.returncode == 0, done.stdout
    assert "compiled" in run_installed(tmp_path, "--version")
    assert {path.name.split(".")[0] for path in extensions(tmp_path)} == {
        path.stem for package in PACKAGES for path in (ROOT / package).rglob("_*.pxd") if path.stem != "_modes"
    }
    assert (tmp_path / "site/lockdep/py.typed").exists()
    for name in {path.name for suffix in ("h", "pxd") for path in (ROOT / "lockdep/fastpath").glob(f"*.{suffix}")}:
        assert (tmp_path / "site/lockdep/fastpath" / name).exists()


@pytest.mark.parametrize("variables", [NO_COMPILER, {"LOCKDEP_PURE": "1"}], ids=["no-compiler", "told-so"])
def test_the_build_is_pure_without_a_compiler_or_if_asked_for(tmp_path: Path, variables: Mapping[str, str]) -> None:
    done = build(tmp_path, variables)

    assert done.returncode == 0, done.stdout
    assert "pure" in run_installed(tmp_path, "--version")
    assert extensions(tmp_path) == []


def test_a_required_compiled_build_does_not_fall_back(tmp_path: Path) -> None:
    done = build(tmp_path, {**NO_COMPILER, "LOCKDEP_REQUIRE_COMPILED": "1"})

    assert done.returncode != 0


def test_contradicting_variables_give_one_clear_line(tmp_path: Path) -> None:
    done = build(tmp_path, {"LOCKDEP_PURE": "1", "LOCKDEP_REQUIRE_COMPILED": "1"})

    assert done.returncode != 0
    assert "LOCKDEP_PURE and LOCKDEP_REQUIRE_COMPILED are both set; unset one of them" in done.stdout
