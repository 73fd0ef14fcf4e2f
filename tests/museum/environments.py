"""Virtual environments for the exhibits: made once, kept in a cache, with the lockdep of this source tree in them.

The cache is $LOCKDEP_MUSEUM_DIR, or lockdep-museum in the user's cache directory. An environment is keyed by its
Python and its requirements; lockdep is built into one wheel for each Python, and installed again whenever the source
has changed. Making everything from nothing takes about a minute and a few megabytes of downloads.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
import tempfile
import threading
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.museum.cases import Exhibit
from tests.sourcetree import ROOT, copy_source, source_digest

OUT_OF_REACH = ("No matching distribution found", "Could not find a version", "No module named pip")


class Unavailable(Exception):
    """The environment cannot be made on this machine: no such Python, no pip, or no network."""


@dataclass(frozen=True, slots=True)
class Environments:
    """Makes environments below `cache`; `pythons` maps a version ("3.11") to an interpreter, before any search."""

    cache: Path
    pythons: Mapping[str, Path]
    _wheel_lock: threading.Lock = field(default_factory=threading.Lock)

    def make(self, exhibit: Exhibit) -> Path:
        """Return the interpreter of an environment that has the exhibit's requirements and lockdep in it."""
        python = self.find_python(exhibit.python)
        wheel = self._wheel(python, exhibit.python)
        requirements = (*exhibit.requirements, *_own_requirements())
        key = hashlib.sha256("\n".join((str(python), *requirements)).encode()).hexdigest()[:8]
        home = self.cache / f"{exhibit}-{key}"
        with _locked(home.with_suffix(".lock")):
            if _mark(home) is None:
                _run([python, "-m", "venv", "--clear", "--without-pip", home])
                _pip("--python", home / "bin/python", "install", "--no-compile", *requirements)
                _set_mark(home, "no lockdep yet")
            if _mark(home) != wheel.parent.name:
                _pip("--python", home / "bin/python", "install", "--no-deps", "--force-reinstall", wheel)
                _set_mark(home, wheel.parent.name)
        return home / "bin/python"

    def find_python(self, version: str) -> Path:
        """Return an interpreter of that version: as told, this one, one of pyenv's, or one on the PATH."""
        for python in self._candidates(version):
            if python.exists():
                return python.resolve()  # a virtual environment comes and goes; the key outlives it
        raise Unavailable(f"no Python {version} on this machine")

    def _candidates(self, version: str) -> Iterator[Path]:
        if version in self.pythons:
            yield self.pythons[version]
            return
        if version == f"{sys.version_info.major}.{sys.version_info.minor}":
            yield Path(sys.executable)
        versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
        yield from (found / "bin/python" for found in sorted(versions.glob(f"{version}.*"), reverse=True))
        yield from (Path(folder) / f"python{version}" for folder in os.get_exec_path())

    def _wheel(self, python: Path, version: str) -> Path:
        build = "pure" if os.environ.get("LOCKDEP_PURE", "0") not in ("", "0") else "compiled"
        folder = self.cache / "wheels" / f"{version}-{build}-{source_digest()}"
        with self._wheel_lock, _locked(folder.with_suffix(".lock")):
            if not list(folder.glob("*.whl")):
                with tempfile.TemporaryDirectory() as temporary:
                    source = copy_source(Path(temporary) / "source")
                    builder = Path(temporary) / "builder"
                    _run([python, "-m", "venv", "--without-pip", builder])
                    _pip("--python", builder / "bin/python", "wheel", "--no-deps", "-w", folder, source)
        return next(folder.glob("*.whl"))


def default_cache() -> Path:
    if named := os.environ.get("LOCKDEP_MUSEUM_DIR"):
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lockdep-museum"


def _own_requirements() -> list[str]:
    dependencies: list[str] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    return dependencies


def _mark(home: Path) -> str | None:
    # Written last, so that an environment whose making was interrupted is made again.
    mark = home / "lockdep-museum"
    return mark.read_text() if mark.exists() else None


def _set_mark(home: Path, text: str) -> None:
    (home / "lockdep-museum").write_text(text)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    # Another process may fill the same cache.
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _pip(*arguments: str | Path) -> None:
    # The pip that runs us serves all environments: making one with its own pip takes three seconds more.
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
