"""How each kind of finding is told: one file each, with a function from the violation to the body of its report."""

import pkgutil
from importlib import import_module


def load() -> None:
    """Import every module of this package, so that tellers.py knows the function of each kind.

    lockdep calls this when it is imported: a report is written in the middle of an acquisition, where nothing may be
    imported.
    """
    for module in pkgutil.iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
