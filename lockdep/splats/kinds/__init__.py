"""The reports of each kind of finding: one file each, whose function makes the body of the report of a violation."""

import pkgutil
from importlib import import_module


def load() -> None:
    """Import every module of this package, so that tellers.py knows the function of each kind.

    lockdep calls this when it is imported, because a report is written during an acquisition, where no module may
    be imported.
    """
    for module in pkgutil.iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
