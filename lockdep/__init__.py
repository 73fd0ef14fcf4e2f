"""A lock validator for Python: finds deadlocks that did not happen, in programs that do not know about it.

Names are looked up when first used, so that importing this package, or one of its modules, costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "DeadlockError": "finding",
    "Finding": "finding",
    "LockInversion": "finding",
    "OptionError": "config",
    "Options": "config",
    "Validator": "validator",
    "doctor": "diagnosis",
    "findings": "runtime",
    "install": "patch",
    "installed": "patch",
    "on_finding": "runtime",
    "reset": "runtime",
    "uninstall": "patch",
    "use": "runtime",
}

__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted((*globals(), *_HOMES))
