"""Imports: which modules each thread is importing, and the locks that it takes meanwhile.

importlib has a lock for each module. A thread holds it while the module is loaded; others that import the module wait.
It is no held lock here: whoever imports is as calm as before, and nothing that is told of held locks is told of it. A
thread has a stack of imports instead, and each of them remembers the locks that are taken while it goes on.

The module lock is taken and released by importlib's own methods. Nothing here runs Python code between the moment in
which one of them returns and the next instruction of importlib, in the compiled build. In the pure build a handler can
run there. If it raises an exception, importlib loses its manager and with it the lock, and so the import has ended here
as well: there is only a weak reference to the manager.

Cost: about 1 us for each import that loads a module, and for each lock that is taken the first time in one; where
signal handlers can interrupt the thread, 0.1 us each further time. The pure build takes five times as long.
"""

from __future__ import annotations

from types import MethodType
from weakref import ref

try:
    import cython
except ModuleNotFoundError:
    from lockdep.fastpath import _cython_absent as cython

if not cython.compiled:
    from lockdep.fastpath._link import _link, find_in, note_lost
    from lockdep.fastpath._threads import current

COMPILED = cython.compiled
MOST_IMPORTED = 64                            # locks that are taken during an import, to remember
IMPORT_STEPS = 16                             # of the stack, to keep of an import

_loading = {}                                 # name of a module -> the import that has its lock
_wanted = {}                                  # name of a module -> (thread, what to do when others import it)


class Import:
    """A thread has the lock of the module `name`.

    `manager` is a weak reference to importlib's object for one `with` statement, which has taken the lock. `seen` is
    the Sighting of the thread just before, `took` has those of the locks that it has taken since, by serial. `outer` is
    the import inside of which this one goes on.
    """

    __slots__ = ("manager", "name", "outer", "seen", "took")

    def __init__(self, manager, name, seen):
        self.manager = ref(manager)
        self.name = name
        self.seen = seen
        self.took = {}
        self.outer = None


class Begins:
    """What stands for `__enter__` of importlib's manager of a module lock. The lock is taken by `wrapped`.

    `wants` is called before, with the name of the module and the Sighting of the thread, if that holds locks. `waits`
    is called with the same if the thread may have to wait; it returns the Wait. A thread that holds nothing, and that
    finds nobody in its way, needs none: nobody waits for it.
    """

    __slots__ = ("__wrapped__", "waits", "wants")

    def __init__(self, wrapped, wants, waits):
        self.__wrapped__ = wrapped
        self.wants = wants
        self.waits = waits

    def __get__(self, instance, owner):
        return self if instance is None else MethodType(self, instance)

    def __call__(self, manager):
        begun = begin(manager)
        if begun is None:
            return self.__wrapped__(manager)
        wait = None
        if begun.seen.base.depth:
            self.wants(begun.name, begun.seen)
        if begun.seen.base.depth or loading(begun.name) is not None:
            wait = self.waits(begun.name, begun.seen)
        try:
            if wait is not None:
                wait.publish()
            found = self.__wrapped__(manager)
        finally:
            if wait is not None:
                wait.withdraw()
        enter(begun)
        return found


class Ends:
    """What stands for `__exit__` of importlib's manager of a module lock.

    `ended` is called with an import during which locks were taken, after the module lock was released.
    """

    __slots__ = ("__wrapped__", "ended")

    def __init__(self, wrapped, ended):
        self.__wrapped__ = wrapped
        self.ended = ended

    def __get__(self, instance, owner):
        return self if instance is None else MethodType(self, instance)

    def __call__(self, manager, *args, **kwargs):
        done = leave(manager)                 # first, while no other thread can have the module lock
        try:
            return self.__wrapped__(manager, *args, **kwargs)
        finally:
            if done is not None and done.took:
                self.ended(done)


class Awaits:
    """What stands for the function of importlib that waits until another thread has loaded a module."""

    __slots__ = ("__wrapped__", "waits", "wants")

    def __init__(self, wrapped, wants, waits):
        self.__wrapped__ = wrapped
        self.wants = wants
        self.waits = waits

    def __call__(self, name):
        seen = None if loading(name) is None else look(name)
        if seen is None:
            return self.__wrapped__(name)
        if seen.base.depth:
            self.wants(name, seen)
        wait = self.waits(name, seen)
        try:
            wait.publish()
            return self.__wrapped__(name)
        finally:
            wait.withdraw()


def begin(manager):
    """Return what is to be noted when this thread has the lock of a module; None if that is not followed."""
    seen = look(manager._name)
    try:
        return None if seen is None else Import(manager, manager._name, seen)
    except (MemoryError, RecursionError):
        note_lost()
        return None


def look(name):
    """Return a Sighting of the running thread, which wants to import a module; None if that is not followed.

    It is not while nothing is tracked, nor in handlers and finalizers, which end before the imports they interrupt, nor
    if the thread has the lock of the module already.
    """
    try:
        state = current()
        if (state.run == 0 and not state.settle()) or state.busy or state.running <= 0:
            return None
        drop_ended(state)
        other = loading(name)
        if other is not None and other.seen.thread == state.serial:
            return None
        return state.see(state.chain, state.chain, 0, IMPORT_STEPS)
    except (MemoryError, RecursionError):
        note_lost()
        return None


def enter(begun):
    """Note that the running thread has the lock of a module from now on."""
    try:
        state = current()
        begun.outer = state.imports
        _loading[begun.name] = begun
        state.imports = begun
        state.switch_run(state.running)
    except (MemoryError, RecursionError):
        note_lost()


def leave(manager):
    """Note that the running thread releases the lock of a module. Return the import that was noted, or None.

    Those inside of it end with it: an exception has ended them, where nobody saw it.
    """
    try:
        state = current()
        found = at = state.imports
        while found is not None and found.manager() is not manager:
            found = found.outer
        while found is not None and at is not found.outer:
            if find_in(_loading, at.name) is at:
                _loading.pop(at.name, None)
            at = at.outer
        if found is not None:
            state.imports = found.outer
            found.outer = None
            state.switch_run(state.running)
        return found
    except (MemoryError, RecursionError):
        note_lost()
        return None


def drop_ended(state):
    """Forget the imports of the running thread whose managers are gone: an exception has ended them unseen."""
    at = state.imports
    if at is not None and at.manager() is None:
        while at is not None and at.manager() is None:
            at = at.outer
        state.imports = at
        state.switch_run(state.running)


def note_in_imports(state, chain, serial):
    """Remember that the lock `serial` is taken along `chain` during the imports that go on in a thread.

    If others have wanted one of these modules while they held locks, that is judged before this thread waits.
    """
    seen = None
    drop_ended(state)
    at = state.imports
    while at is not None:
        if serial not in at.took and len(at.took) < MOST_IMPORTED:
            try:
                if seen is None:
                    seen = state.see(chain, state.chain, serial, _link.stack_depth)
                at.took[serial] = seen
                wanted = find_in(_wanted, at.name)
                if wanted is not None and wanted[0] != state.serial:
                    state.sightings.append(wanted[1])
                    state.waits_calm = True
            except (MemoryError, RecursionError):
                note_lost()
        at = at.outer


def loading(name):
    """Return the import that goes on of the module with this name, in any thread, or None."""
    found = find_in(_loading, name)
    return None if found is None or found.manager() is None else found


def note_wanted(name, thread, judge):
    """Have `judge` done with what a thread has seen, when it takes a lock while it imports this module.

    The thread that wants it, with the serial `thread`, needs not do that, unless there is another one.
    """
    known = find_in(_wanted, name)
    _wanted[name] = (thread if known is None or known[0] == thread else 0, judge)


def forget_wanted():
    """Have nothing done any more that `note_wanted` has asked for."""
    _wanted.clear()                           # not another one: threads may be reading it


def forget_imports():
    """In the child of a fork: forget the imports of all threads but the running one."""
    global _loading
    state = current()
    _loading = {}                             # a new one: a thread that is gone may have been changing the old one
    at = state.imports
    while at is not None:
        _loading[at.name] = at
        at = at.outer
