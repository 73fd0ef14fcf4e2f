"""The project's own source tree, and clean copies of it to build from.

Builds run on a copy: setuptools packs whatever an earlier build left in build/, and writes beside the sources.
"""

import hashlib
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

PACKAGES = ("lockdep", "primitives")
FILES = ("LICENSE", "MANIFEST.in", "README.md", "lockdep_processes.pth", "pyproject.toml", "setup.py")
NOT_SOURCE = shutil.ignore_patterns("__pycache__", "*.so", "*.pyd", "*.c")


def copy_source(destination: Path) -> Path:
    """Copy what a build needs, and nothing that was built, to destination."""
    destination.mkdir(parents=True)
    for package in PACKAGES:
        if (ROOT / package).is_dir():
            shutil.copytree(ROOT / package, destination / package, ignore=NOT_SOURCE)
    for name in FILES:
        shutil.copy2(ROOT / name, destination / name)
    return destination


def source_digest() -> str:
    """Return a hash of everything that copy_source copies."""
    digest = hashlib.sha256()
    for path in sorted(_sources()):
        digest.update(f"{path.relative_to(ROOT)}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _sources() -> set[Path]:
    found = {ROOT / name for name in FILES}
    for package in PACKAGES:
        for suffix in ("*.py", "*.pxd", "*.h", "py.typed"):
            found.update((ROOT / package).rglob(suffix))
    return found
