"""What a notebook shows of an object, and what the code of its cells is called.

The objects are below the reports, which know how to show them. So this is looked up when a notebook asks for it.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

SHELLS = "IPython.core.interactiveshell"
CELLS = ("<ipython-input-", "/ipykernel_", "\\ipykernel_")  # what is in the names of the files that cells pretend to be


def html_of(value: object) -> str:
    """Return an object as HTML. Nothing of a program can become markup."""
    return str(import_module("lockdep.reports.notebook").html_of(value))


def cell_name(filename: str) -> str:
    """Return `In [3]` for the code of a notebook's cell, with the number of its last run; '' for any other file.

    No code of IPython is called: a report may be made anywhere.
    """
    if not any(mark in filename for mark in CELLS):
        return ""
    shell = getattr(sys.modules.get(SHELLS), "InteractiveShell", None)
    compiler = field(field(shell, "_instance"), "compile")
    number = known.get(filename) if isinstance(known := field(compiler, "_filename_map"), dict) else None
    return f"In [{number}]" if isinstance(number, int) else ""


def cell_lines(filename: str) -> list[str]:
    """Return the lines of a cell, which IPython keeps for tracebacks; [] for any other file."""
    cached = field(sys.modules.get("linecache"), "cache") if cell_name(filename) else None
    entry = cached.get(filename) if isinstance(cached, dict) else None
    lines = entry[2] if isinstance(entry, tuple) and len(entry) == 4 else ()
    return [line.rstrip("\r\n") for line in lines if isinstance(line, str)]


def field(value: Any, name: str) -> Any:
    """Return what an object, a class or a module has under this name itself, without a call of its code."""
    try:
        return object.__getattribute__(value, "__dict__").get(name)
    except AttributeError:
        return None
