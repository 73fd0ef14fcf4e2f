"""The package `primitives` of this distribution, under a name that is no other distribution's.

`import lockdep.primitives` gives the module `primitives` itself, and `lockdep.primitives.kernel` is the module
`primitives.kernel`: the same objects, whichever name comes first. Another package of the name `primitives` (a module of
the program, or another distribution) is never taken for it: then the import ends with an ImportError that names it.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

ALIAS, NAME = __name__, "primitives"
OURS = Path(__file__).resolve().parents[2] / NAME / "__init__.py"
MARK = "validated by lockdep"  # in the first line of our package


class Aliases(MetaPathFinder, Loader):
    """Finds the modules of the package under the alias, and loads them by importing them under their own name."""

    def find_spec(self, fullname: str, *_: object) -> ModuleSpec | None:
        """Return a spec for a module below the alias, if there is such a module."""
        if not fullname.startswith(f"{ALIAS}.") or find_spec(original(fullname)) is None:
            return None
        return ModuleSpec(fullname, self)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Import the module under its own name. What it says about itself stays as it is."""
        module = import_module(original(spec.name))
        spec.loader_state = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Give the module its own spec back, which the import system has replaced."""
        if module.__spec__ is not None and module.__spec__.loader is self:
            module.__spec__ = module.__spec__.loader_state


def original(fullname: str) -> str:
    """Return the own name of a module below the alias."""
    return NAME + fullname.removeprefix(ALIAS)


def check_ours() -> None:
    """Raise ImportError if `primitives` is another package than the one beside lockdep."""
    loaded = sys.modules.get(NAME)
    spec = find_spec(NAME) if loaded is None else loaded.__spec__
    found = Path(spec.origin).resolve() if spec and spec.origin else None
    if found != OURS:
        raise ImportError(f"{ALIAS}: `{NAME}` is another package here: {found}", name=ALIAS)
    if MARK not in OURS.read_text(encoding="utf-8"):
        raise ImportError(f"{ALIAS}: another distribution has overwritten {OURS}; install lockdep again", name=ALIAS)


check_ours()
sys.meta_path.insert(0, Aliases())
sys.modules[ALIAS] = import_module(NAME)
