"""Imports: a module that one thread wants while it holds locks, and during whose import another one takes some.

importlib sees only circles of module locks, and ends these by itself: they are no finding. What is seen here of a
single module is kept, and nothing is learned of it, until two threads have come to it from both sides: most programs
import under a lock somewhere, and most modules take locks when they are imported, but only one thread loads them.

Cost: some us for each import under a lock, and each during which a lock is taken. The caller of `judge` holds the graph
lock; the other methods need none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import NamedTuple

from lockdep import fastpath
from lockdep.fastpath import NOCHECK, TRY, Entry, Import, Sighting, new_serial
from lockdep.graph.dependency import Witness
from lockdep.graph.modules import module_class
from lockdep.trace import seen_stack
from lockdep.validator.acquisition import Acquisition, acquisition_of
from lockdep.validator.nesting import blocking_tail, kind_of, with_sisters
from lockdep.violations.where import HeldLock
from lockdep.vocabulary.states import CONTEXT_MODES
from lockdep.waits.held import name_by_serial, thread_name

MOST_KEPT = 4  # imports of one module, and threads that have wanted it

Depend = Callable[[HeldLock, Entry, int, Witness, Acquisition], None]


class Wanted(NamedTuple):
    """A thread of this name wanted to import a module while it held locks."""

    seen: Sighting
    thread: str


class Loaded(NamedTuple):
    """A thread of this name has imported a module, and has taken locks meanwhile."""

    begun: Import
    thread: str


class Module:
    """What is known of the lock of one module; `serial` is its number."""

    __slots__ = ("loaded", "name", "serial", "wanted")

    def __init__(self, name: str) -> None:
        self.name: str = name
        self.serial: int = new_serial()
        self.loaded: list[Loaded] = []
        self.wanted: list[Wanted] = []

    def want(self, seen: Sighting) -> bool:
        """Note that the running thread wants it while it holds locks; return whether that is new."""
        held = [serial for _, serial, _ in seen.held()]
        for known in self.wanted:
            if known.seen.thread == seen.thread and [serial for _, serial, _ in known.seen.held()] == held:
                return False
        if len(self.wanted) < MOST_KEPT:
            self.wanted.append(Wanted(seen, thread_name()))
        return True

    def load(self, begun: Import) -> None:
        """Note that the running thread has imported it, and has taken locks meanwhile."""
        if len(self.loaded) < MOST_KEPT:
            self.loaded.append(Loaded(begun, thread_name()))

    def imports(self) -> list[Loaded]:
        """Return the imports of it that have ended, and the one that goes on."""
        going_on = fastpath.loading(self.name)
        if going_on is None or any(known.begun is going_on for known in self.loaded):
            return list(self.loaded)
        return [*self.loaded, Loaded(going_on, name_by_serial(going_on.seen.thread))]

    def meets(self) -> bool:
        """Return whether threads have come to it from both sides, and not always the same one."""
        wanted = {each.seen.thread for each in self.wanted}
        return any(each.begun.took and wanted - {each.begun.seen.thread} for each in self.imports())


class ImportRules:
    """The modules that were imported under locks, or took locks, in one world of dependencies."""

    def __init__(self, depend: Depend, depth: int) -> None:
        self._depend = depend
        self._depth = depth  # steps of the stacks in reports
        self._modules: dict[str, Module] = {}

    def module(self, name: str) -> Module:
        """Return what is known of a module."""
        known = self._modules.get(name)
        return self._modules.setdefault(name, Module(name)) if known is None else known

    def judge(self, module: Module) -> None:
        """Learn what two threads have done with a module; judge the cycles that it closes."""
        if module.meets():
            for loaded in module.imports():
                self._learn_taken(module, loaded)
            for wanted in list(module.wanted):
                self._learn_wanted(module, wanted)

    def _learn_taken(self, module: Module, loaded: Loaded) -> None:
        """Record that each lock which was taken during the import was wanted while the module lock was held."""
        begun = loaded.begun
        stack = seen_stack(begun.seen.stack(), self._depth)
        prev = HeldLock(module_class(module.name), module.serial, stack)
        for seen in begun.took.copy().values():
            entry = seen.chain.entry
            if seen.root is begun.seen.root and not entry.mode & (TRY | NOCHECK):
                new = acquisition_of(seen, loaded.thread, self._depth, compare=False)
                at = min(len(begun.seen.held()), len(new.held))
                new = replace(new, held=(*new.held[:at], prev, *new.held[at:]))
                self._depend(prev, entry, kind_of(prev.mode, new.mode), new.witness(prev, new.serial), new)

    def _learn_wanted(self, module: Module, wanted: Wanted) -> None:
        """Record that the module lock was wanted while the others were held."""
        new = acquisition_of(wanted.seen, wanted.thread, self._depth, compare=False)
        entry = module_class(module.name).entry(fastpath.BLOCKING)
        for prev in held_before(new.held):
            self._depend(prev, entry, kind_of(prev.mode, 0), new.witness(prev, module.serial), new)


def held_before(held: tuple[HeldLock, ...]) -> Iterable[HeldLock]:
    """Return the held locks on which a module lock depends that is wanted now, innermost first."""
    return with_sisters(held, blocking_tail(held, held[-1].mode & CONTEXT_MODES)) if held else ()
