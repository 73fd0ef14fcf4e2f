"""Paths of source files as reports and ids of findings show them: the same on every machine, in every directory.

A file of a project is named from the project's root: the nearest directory above it with a pyproject.toml or a git
repository. Without one it is named from where it is imported. The working directory plays no part, because a program
changes it.
"""

from __future__ import annotations

import os
import sys
import threading

# By these names, not as attributes: tests put mocks in their place, which must not be called by us, nor mislead us.
from functools import lru_cache
from os import getcwd, listdir, sep, stat
from os.path import abspath, basename, dirname, isabs, join, normpath, split

from lockdep.notebooks import cell_name

STDLIB = dirname(abspath(os.__file__ if not os.__file__.startswith("<") else threading.__file__)) + sep
INSTALLED = (f"{sep}site-packages{sep}", f"{sep}dist-packages{sep}")
ROOT_MARKS = ("pyproject.toml", ".git")


def working_directory() -> str:
    """Return the working directory; '' if it does not exist any more."""
    try:
        return getcwd()
    except OSError:
        return ""


AT_START = working_directory()


def exists(path: str) -> bool:
    """Return whether there is a file or directory of this name; see os.path.exists."""
    try:
        stat(path)
    except (OSError, ValueError):
        return False
    return True


def below(path: str, root: str) -> str:
    """Return a path from a directory above it, with slashes."""
    return path[len(root) :].lstrip(sep).replace(sep, "/")


def program_name() -> str:
    """Return the name of the program that this process runs; of a package that is run, the name of the package."""
    folder, name = split(sys.argv[0] if getattr(sys, "argv", None) else "")
    return basename(folder) if name == "__main__.py" and folder else name or "python"


def short_path(filename: str) -> str:
    """Return the path of a source file as reports show it, with slashes. Cost: some looks at directories, once each.

    Then it is 0.2 us for a file in a project or an installed one, and 1 us for another one: a pool asks for each item.
    """
    if filename.startswith("<") or "ipykernel_" in filename:
        cell = cell_name(filename)
        if cell or filename.startswith("<"):
            return cell or filename
    return settled_path(filename) or path_below(filename, search_path())


def search_path() -> tuple[str, ...]:
    """Return the entries of sys.path; programs put objects of their own there, too."""
    return tuple([entry for entry in sys.path if type(entry) is str])


@lru_cache(maxsize=4096)
def settled_path(filename: str) -> str:
    """Return the path as reports show it of a file in a project or an installed one; '' if sys.path decides."""
    path = normpath(join(AT_START, filename))
    for marker in INSTALLED:
        if marker in path:
            return path.rpartition(marker)[2].replace(sep, "/")
    if path.startswith(STDLIB):
        return "stdlib/" + path[len(STDLIB) :].replace(sep, "/")
    root = project_root(dirname(path))
    return below(path, root) if root else ""


@lru_cache(maxsize=4096)
def path_below(filename: str, entries: tuple[str, ...]) -> str:
    """Return the path of a source file from where it is imported, if these are the entries of sys.path."""
    path = normpath(join(AT_START, filename))
    return below(path, import_root(dirname(path), entries))


def is_library(filename: str) -> bool:
    """Return whether a file belongs to the standard library or to an installed package, as the program's own do not."""
    path = normpath(join(AT_START, filename))
    if is_installed(path):
        return True
    return not filename.startswith("<") and has_packages(package_root(dirname(path)))


def is_installed(path: str) -> bool:
    """Return whether an absolute path is where installers put packages, or in the standard library."""
    return path.startswith(STDLIB) or bool([marker for marker in INSTALLED if marker in path])


@lru_cache(maxsize=4096)
def has_packages(folder: str) -> bool:
    """Return whether packages were installed into this directory, as `pip install --target` does."""
    try:
        return [name for name in listdir(folder) if name.endswith(".dist-info")] != []
    except OSError:
        return False


def import_path(filename: str) -> str:
    """Return the path of a source file from where it is imported, with slashes."""
    path = normpath(join(AT_START, filename))
    if is_installed(path):
        return short_path(path).removeprefix("stdlib/")
    return path_below(path, search_path())


@lru_cache(maxsize=4096)
def project_root(folder: str) -> str:
    """Return the nearest directory, from this one upwards, with a pyproject.toml or a git repository, or ''."""
    if [mark for mark in ROOT_MARKS if exists(join(folder, mark))]:
        return folder
    above = dirname(folder)
    return "" if above == folder else project_root(above)


def import_root(folder: str, entries: tuple[str, ...]) -> str:
    """Return the directory from which the modules in this one are imported: that of their outermost package.

    A package without an __init__.py is known by the entry of sys.path above it.
    """
    root = package_root(folder)
    above = [entry.rstrip(sep) for entry in entries if isabs(entry)]
    return max((entry for entry in above if f"{root}{sep}".startswith(f"{entry}{sep}")), key=len, default=root)


@lru_cache(maxsize=4096)
def package_root(folder: str) -> str:
    """Return the directory that holds the outermost package with an __init__.py of the modules in this one."""
    above = dirname(folder)
    is_package = above != folder and exists(join(folder, "__init__.py"))
    return package_root(above) if is_package else folder
