"""Virtual environments for the exhibits, one for each Python and set of requirements, kept in a cache.

The cache is $LOCKDEP_MUSEUM_DIR, or lockdep-museum in the user's cache directory. An environment holds an exhibit's
requirements only. lockdep and its dependencies are directories that MUSEUM_PATH names when an exhibit is run; a .pth
file in the environment puts them at the end of sys.path, after the environment's own packages:

* for the Python that runs us: this source tree, as it was built, and the site-packages of the running interpreter;
* for any other Python: a directory into which pip installed lockdep, keyed by the hash of the source.

So the exhibits of the running Python need no build, and those without requirements need no network. With an empty cache
the small museum takes about ten downloads of a few hundred kilobytes.
"""

import fcntl
import hashlib
import os
import re
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import distribution
from pathlib import Path

from tests.museum.cases import Exhibit
from tests.sourcetree import ROOT, copy_source, source_digest

OUT_OF_REACH = ("No matching distribution found", "Could not find a version", "No module named pip")
MUSEUM_PATH = "MUSEUM_PATH"
EXTEND_PATH = f"import os, sys; sys.path += filter(None, os.environ.get({MUSEUM_PATH!r}, '').split(os.pathsep))\n"
RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"


class Unavailable(Exception):
    """The environment cannot be made on this machine: no such Python, no pip, or no network."""


@dataclass(frozen=True, slots=True)
class Environment:
    """An interpreter with the requirements of an exhibit, and the directories to put into MUSEUM_PATH for lockdep."""

    python: Path
    paths: Sequence[Path]


@dataclass(frozen=True, slots=True)
class Environments:
    """Makes environments below `cache`; `pythons` maps a version ("3.11") to an interpreter, before any search."""

    cache: Path
    pythons: Mapping[str, Path]
    _install_lock: threading.Lock = field(default_factory=threading.Lock)

    def make(self, exhibit: Exhibit) -> Environment:
        """Return the exhibit's environment, made if it is not in the cache. Raises Unavailable."""
        python = self.find_python(exhibit.python)
        key = hashlib.sha256("\n".join((str(python), *sorted(exhibit.requirements))).encode()).hexdigest()[:12]
        home = self.cache / f"{exhibit.python}-{key}"
        paths = self._lockdep_paths(python, exhibit.python)
        with _locked(home):
            if not (home / "complete").exists():  # not there, or its making was interrupted
                _make_environment(python, home, exhibit.requirements)
                (home / "complete").touch()
        return Environment(home / "bin/python", paths)

    def find_python(self, version: str) -> Path:
        """Return an interpreter of that version: the one in `pythons`, this one, one of pyenv's, or one on the PATH."""
        for python in self._candidates(version):
            if python.exists():
                return python.resolve()  # no virtual environment: the key must stay the same
        raise Unavailable(f"no Python {version} on this machine")

    def _candidates(self, version: str) -> Iterator[Path]:
        if version in self.pythons:
            yield self.pythons[version]
            return
        if version == RUNNING:
            yield Path(sys.executable)
        versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
        yield from (found / "bin/python" for found in sorted(versions.glob(f"{version}.*"), reverse=True))
        yield from (Path(folder) / f"python{version}" for folder in os.get_exec_path())

    def _lockdep_paths(self, python: Path, version: str) -> list[Path]:
        """Return the directories from which that interpreter imports lockdep and its dependencies."""
        if python == Path(sys.executable).resolve():
            return [ROOT, *sorted({Path(str(distribution(name).locate_file(""))) for name in _own_requirements()})]
        return [self._installed(python, version)]

    def _installed(self, python: Path, version: str) -> Path:
        build = "pure" if os.environ.get("LOCKDEP_PURE", "0") not in ("", "0") else "compiled"
        folder = self.cache / f"lockdep-{version}-{build}-{source_digest()}"
        with self._install_lock, _locked(folder):
            if not (folder / "complete").exists():
                source, builder = folder / "source", folder / "builder"
                _run(["rm", "-rf", folder])
                copy_source(source)
                _run([python, "-m", "venv", "--without-pip", builder])
                _pip("--python", builder / "bin/python", "install", "--target", folder / "packages", source)
                (folder / "complete").touch()
        return folder / "packages"


def default_cache() -> Path:
    if named := os.environ.get("LOCKDEP_MUSEUM_DIR"):
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lockdep-museum"


def _own_requirements() -> list[str]:
    """Return the names of the packages that lockdep imports."""
    lines: list[str] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    return [re.split(r"[^\w.-]", line)[0] for line in lines]


def _make_environment(python: Path, home: Path, requirements: Sequence[str]) -> None:
    _run([python, "-m", "venv", "--clear", "--without-pip", home])
    (packages,) = home.glob("lib/python*/site-packages")
    (packages / "museum.pth").write_text(EXTEND_PATH)
    if requirements:
        _pip("--python", home / "bin/python", "install", "--no-compile", *requirements)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Exclude other processes that want to make the same folder of the cache."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(f"{folder}.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _pip(*arguments: str | Path) -> None:
    # The pip of the running interpreter serves all environments: installing one into each takes three seconds more.
    _run([sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments])


def _run(command: Sequence[str | Path]) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode:
        error = Unavailable if any(words in done.stdout for words in OUT_OF_REACH) else RuntimeError
        tail = "\n".join(done.stdout.splitlines()[-12:])
        raise error(f"{' '.join(map(str, command))} failed:\n{tail}")
