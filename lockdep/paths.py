"""Paths of source files as reports and ids of findings show them: the same on every machine, in every directory.

A file of a project is named from the project's root: the nearest directory above it with a pyproject.toml or a git
repository. Without one it is named from where it is imported. The working directory plays no part, because a program
changes it.
"""

from __future__ import annotations

import os
import sys
import threading
from functools import lru_cache

STDLIB = (
    os.path.dirname(os.path.abspath(os.__file__ if not os.__file__.startswith("<") else threading.__file__)) + os.sep
)
INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
ROOT_MARKS = ("pyproject.toml", ".git")


def working_directory() -> str:
    """Return the working directory; '' if it does not exist any more."""
    try:
        return os.getcwd()
    except OSError:
        return ""


AT_START = working_directory()


def short_path(filename: str) -> str:
    """Return the path of a source file as reports show it, with slashes. Cost: some looks at directories, once each."""
    if filename.startswith("<"):
        return filename
    path = os.path.normpath(os.path.join(AT_START, filename))
    for marker in INSTALLED:
        if marker in path:
            return path.rpartition(marker)[2].replace(os.sep, "/")
    if path.startswith(STDLIB):
        return "stdlib/" + path[len(STDLIB) :].replace(os.sep, "/")
    folder = os.path.dirname(path)
    return os.path.relpath(path, project_root(folder) or import_root(folder)).replace(os.sep, "/")


def import_path(filename: str) -> str:
    """Return the path of a source file from where it is imported, with slashes."""
    path = os.path.normpath(os.path.join(AT_START, filename))
    if any(marker in path for marker in INSTALLED) or path.startswith(STDLIB):
        return short_path(path).removeprefix("stdlib/")
    return os.path.relpath(path, import_root(os.path.dirname(path))).replace(os.sep, "/")


@lru_cache(maxsize=4096)
def project_root(folder: str) -> str:
    """Return the nearest directory, from this one upwards, with a pyproject.toml or a git repository, or ''."""
    if any(os.path.exists(os.path.join(folder, mark)) for mark in ROOT_MARKS):
        return folder
    above = os.path.dirname(folder)
    return "" if above == folder else project_root(above)


def import_root(folder: str) -> str:
    """Return the directory from which the modules in this one are imported: that of their outermost package.

    A package without an __init__.py is known by the entry of sys.path above it.
    """
    root = package_root(folder)
    entries = [entry.rstrip(os.sep) for entry in sys.path if isinstance(entry, str) and os.path.isabs(entry)]
    return max((entry for entry in entries if f"{root}{os.sep}".startswith(f"{entry}{os.sep}")), key=len, default=root)


@lru_cache(maxsize=4096)
def package_root(folder: str) -> str:
    """Return the directory that holds the outermost package with an __init__.py of the modules in this one."""
    above = os.path.dirname(folder)
    is_package = above != folder and os.path.exists(os.path.join(folder, "__init__.py"))
    return package_root(above) if is_package else folder
