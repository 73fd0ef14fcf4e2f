"""An order between threads that lockdep does not see: programs of the corpus close cycles without a real deadlock."""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType


class Signal:
    """An event on a pipe. Waiting for it is no lock, and hands nothing over as far as lockdep knows."""

    def __init__(self) -> None:
        self._ends = os.pipe()

    def set(self) -> None:
        """Let whoever waits go on."""
        os.write(self._ends[1], b"x")

    def wait(self) -> None:
        """Wait until it is set, once."""
        os.read(self._ends[0], 1)
        for end in self._ends:
            os.close(end)


class Plugin(MetaPathFinder, Loader):
    """Finds a module of this name, whose code is a function."""

    def __init__(self, name: str, code: Callable[[], object]) -> None:
        self._name, self._code = name, code

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        """Return the spec of the module, None for others."""
        return ModuleSpec(name, self) if name == self._name else None

    def exec_module(self, _module: ModuleType) -> None:
        """Run the code of the module."""
        self._code()


@contextmanager
def plugin(name: str, code: Callable[[], object]) -> Iterator[None]:
    """Let a module of this name be imported inside the `with` block; `code` is run when it is."""
    finder = Plugin(name, code)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


def side_by_side(*works: Callable[[], object]) -> None:
    """Run each function in a thread of its own. All threads are started first; then they work one after the other."""
    signals = [Signal() for _ in range(len(works) + 1)]

    def body(number: int) -> None:
        signals[number].wait()
        try:
            works[number]()
        finally:
            signals[number + 1].set()

    threads = [threading.Thread(target=body, args=(number,)) for number in range(len(works))]
    for thread in threads:
        thread.start()
    signals[0].set()
    signals[-1].wait()
    for thread in threads:
        thread.join()
