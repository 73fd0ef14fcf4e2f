"""Module locks: the lock that importlib has for a module, as a class of its own, of which it is the only lock.

A thread has it from before the module's code runs until that has ended. A module that is loaded already needs no lock.
"""

from __future__ import annotations

from lockdep.graph.classes import LockClass, registry

KIND, PREFIX = "module lock", "module "


def module_class(name: str) -> LockClass:
    """Return the class of the lock of the module with this name."""
    return registry.register_named(KIND, f"{PREFIX}{name}")


def is_module(lock_class: LockClass) -> bool:
    """Return whether the lock of a class is that of a module."""
    return lock_class.kind == KIND


def module_name(lock_class: LockClass) -> str:
    """Return the name of the module to which a module lock belongs."""
    return lock_class.name.removeprefix(PREFIX)
