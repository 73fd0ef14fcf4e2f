"""Finds the adapter modules: the files adapt_*.py of this folder, one for each primitive.

An adapter module has two names: ADAPTERS, the ways to hold the primitive that the contract suite tests (see
contract.py), and SUBJECTS, what the tortures of tests/stress run on (see tests/stress/subjects.py). A new file is found
without being listed anywhere.
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

import tests.primitives


def adapter_modules() -> list[ModuleType]:
    """Return all adapter modules, in the order of their names."""
    names = sorted(found.name for found in pkgutil.iter_modules(tests.primitives.__path__))
    return [importlib.import_module(f"tests.primitives.{name}") for name in names if name.startswith("adapt_")]
