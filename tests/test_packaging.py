"""The wheel that pip makes of the source tree: with and without a compiler, and with each variable for the build.

The compiled wheel and the pure one are also checked by the tools that look at what is uploaded."""

import importlib.util
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
# A third is Python. With the symbols, the compiled wheel has 7 MB.
MOST_BYTES = 3_000_000
INTERPRETERS = ("cp311", "cp312", "cp313", "cp314", "cp314t")  # and cp313t, which cibuildwheel 4 does not know any more
PRINT_OPTIONS = """
import setuptools
setuptools.setup = lambda **_: None
import setup
print(setup.compiler_options(), setup.linker_options())
"""
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


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder in which a compiled wheel was made."""
    folder = tmp_path_factory.mktemp("compiled")
    done = build(folder, {"LOCKDEP_REQUIRE_COMPILED": "1", "CC": quick_compiler(folder)}, isolated=True)
    assert done.returncode == 0, done.stdout
    return folder


@pytest.fixture(scope="module")
def pure(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder in which a pure wheel was made."""
    folder = tmp_path_factory.mktemp("pure")
    done = build(folder, {"LOCKDEP_PURE": "1"})
    assert done.returncode == 0, done.stdout
    return folder


def wheel_in(folder: Path) -> Path:
    (wheel,) = (folder / "wheels").glob("*.whl")
    return wheel


def test_a_compiler_gives_the_compiled_build(compiled: Path) -> None:
    assert "compiled" in run_installed(compiled, "--version")
    assert {path.name.split(".")[0] for path in extensions(compiled)} == {
        path.stem for package in PACKAGES for path in (ROOT / package).rglob("_*.pxd") if path.stem != "_modes"
    }
    assert (compiled / "site/lockdep/py.typed").exists()
    for name in {path.name for suffix in ("h", "pxd") for path in (ROOT / "lockdep/fastpath").glob(f"*.{suffix}")}:
        assert (compiled / "site/lockdep/fastpath" / name).exists()


def test_the_extensions_hold_no_symbols_for_a_debugger(compiled: Path) -> None:
    with ZipFile(wheel_in(compiled)) as archive:
        made = [each for each in archive.infolist() if each.filename.endswith((".so", ".pyd"))]
        debugged = [each.filename for each in made if b".debug_info" in archive.read(each)]

    assert debugged == []
    assert wheel_in(compiled).stat().st_size < MOST_BYTES
    assert sum(each.compress_size for each in made) < MOST_BYTES / 2


def test_debug_information_is_kept_if_it_is_asked_for() -> None:
    told = {
        flags: subprocess.run(
            [sys.executable, "-c", PRINT_OPTIONS], cwd=ROOT, env={**os.environ, "CFLAGS": flags, "LOCKDEP_PURE": "1"},
            capture_output=True, text=True, check=True,
        ).stdout
        for flags in ("-g -O1", "-g0", "")
    }  # fmt: skip

    assert told["-g -O1"] == "[] []\n"
    assert told["-g0"].startswith("['-O3', '-g0'] ['-Wl,")


def test_the_build_is_pure_without_a_compiler(tmp_path: Path) -> None:
    done = build(tmp_path, NO_COMPILER)

    assert done.returncode == 0, done.stdout
    assert "pure" in run_installed(tmp_path, "--version")
    assert extensions(tmp_path) == []


def test_the_build_is_pure_if_asked_for_and_serves_every_system(pure: Path) -> None:
    assert "pure" in run_installed(pure, "--version")
    assert extensions(pure) == []
    assert wheel_in(pure).name.endswith("-py3-none-any.whl")


@pytest.mark.parametrize("which", ["compiled", "pure"])
@pytest.mark.parametrize("tool", ["twine check --strict", "check_wheel_contents"])
def test_the_tool_accepts_the_wheel(which: str, tool: str, request: pytest.FixtureRequest) -> None:
    name, *options = tool.split()
    need(name)
    wheel = wheel_in(request.getfixturevalue(which))

    done = subprocess.run([sys.executable, "-m", name, *options, wheel], cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout + done.stderr


def test_pyroma_misses_nothing_but_an_address(tmp_path: Path) -> None:
    need("pyroma")
    source = copy_source(tmp_path / "source")
    command = [sys.executable, "-m", "pyroma", "--min", "10", "--skip-tests", "AuthorEmail", source]

    done = subprocess.run(command, env={**os.environ, "LOCKDEP_PURE": "1"}, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Final rating: 10/10" in done.stdout


@pytest.mark.parametrize(("system", "libraries"), [("linux", ("manylinux", "musllinux")), ("macos", ("macosx",))])
def test_cibuildwheel_builds_for_every_interpreter(system: str, libraries: tuple[str, ...]) -> None:
    need("cibuildwheel")
    command = ["-m", "cibuildwheel", "--print-build-identifiers", "--platform", system, "--archs", "x86_64", "."]

    done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=True)

    wanted = {f"{python}-{library}_x86_64" for python in INTERPRETERS for library in libraries}
    assert set(done.stdout.split()) - {f"cp313t-{library}_x86_64" for library in libraries} == wanted


def need(tool: str) -> None:
    if importlib.util.find_spec(tool) is None:
        pytest.skip(f"{tool} is not installed: pip install lockdep[packages]")


def test_a_required_compiled_build_does_not_fall_back(tmp_path: Path) -> None:
    done = build(tmp_path, {**NO_COMPILER, "LOCKDEP_REQUIRE_COMPILED": "1"})

    assert done.returncode != 0


def test_contradicting_variables_give_one_clear_line(tmp_path: Path) -> None:
    done = build(tmp_path, {"LOCKDEP_PURE": "1", "LOCKDEP_REQUIRE_COMPILED": "1"})

    assert done.returncode != 0
    assert "LOCKDEP_PURE and LOCKDEP_REQUIRE_COMPILED are both set; unset one of them" in done.stdout
