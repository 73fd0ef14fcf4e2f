"""What is done right after a module is imported. wrapt has that too, but is itself slow to import; see wrappers.py.

A finder stands before the others in sys.meta_path until the modules that it waits for have been imported. It finds
nothing by itself: it asks the finders behind it, and has the module's own loader followed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from lockdep import runtime
from lockdep.patch.changes import Changes

Patch = Callable[[Changes, ModuleType], None]
Around = Callable[[], AbstractContextManager[object]]


def after_import(changes: Changes, name: str, patch: Patch) -> None:
    """Call `patch` with the module of this name: now if it is imported, else right after it has been.

    It is not called any more after `changes` have been taken back.
    """
    after_imports(changes, [name], patch)


def after_imports(changes: Changes, names: Iterable[str], patch: Patch, around: Around = nullcontext) -> None:
    """Call `patch` with each module of these names. What such a module does when it is imported is done in `around`."""
    awaited = set()
    for name in names:
        module = sys.modules.get(name)
        if module is None:
            awaited.add(name)
        else:
            patch(changes, module)
    if awaited:
        finder = Finder(awaited, changes, patch, around)
        sys.meta_path.insert(0, finder)
        changes.undo_by(finder.leave)


class Finder:
    """Waits for the import of some modules."""

    def __init__(self, names: set[str], changes: Changes, patch: Patch, around: Around) -> None:
        self.names = names
        self.around = around
        self._changes = changes
        self._patch = patch

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Return the spec that the other finders have for the module, with a loader that calls us."""
        if name not in self.names:
            return None
        self.names.discard(name)
        if not self.names:
            self.leave()
        for finder in list(sys.meta_path):
            find = None if finder is self else getattr(finder, "find_spec", None)
            spec: ModuleSpec | None = None if find is None else find(name, path, target)
            if spec is not None:
                if hasattr(spec.loader, "exec_module"):
                    spec.loader = Loader(spec, self)  # type: ignore[assignment]
                return spec
        return None

    def leave(self) -> None:
        """Wait no longer."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def imported(self, module: ModuleType) -> None:
        """Do what is to be done after this module was imported."""
        try:
            if self._changes.in_force:
                self._patch(self._changes, module)
        except Exception as error:  # it would come out of the program's import statement
            runtime.write_note(f"{module.__name__} is not followed: {error!r}")


class Loader:
    """The loader of a module, until it has done its work: then the spec has its own one again."""

    def __init__(self, spec: ModuleSpec, finder: Finder) -> None:
        self._spec = spec
        self._loader: Any = spec.loader
        self._finder = finder

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Create the module as its own loader does."""
        module: ModuleType | None = self._loader.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Run the module, then what was to be done after that."""
        self._spec.loader = module.__loader__ = self._loader
        with self._finder.around():
            self._loader.exec_module(module)
        self._finder.imported(module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)
