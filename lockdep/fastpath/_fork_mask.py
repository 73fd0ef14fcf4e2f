"""ForkMask: the signals that wait while a process forks, until the child can take them.

A signal with a Python handler only sets a flag where it arrives, and CPython clears the flags in a new child. One that
comes before that would be lost. The hooks of a fork are methods of C in the compiled build, as those of GraphLock.
"""

from __future__ import annotations

import _signal
import _thread

try:
    import cython
except ModuleNotFoundError:
    from lockdep.fastpath import _cython_absent as cython

COMPILED = cython.compiled
_set_mask = getattr(_signal, "pthread_sigmask", None)


class ForkMask:
    """The signals of a process that wait; `numbers` has a bit for each, 0 for none."""

    __slots__ = ("masks", "numbers")

    def __init__(self):
        self.numbers = 0
        if not cython.compiled:
            self.masks = {}                   # ident of a thread -> the masks that it had before its forks

    def hold(self):
        """Block the signals in this thread, which is about to fork."""
        if self.numbers:
            if cython.compiled:
                ld_hold(self.numbers)
            elif _set_mask is not None:
                wanted = [number for number in range(1, 64) if self.numbers >> number & 1]
                self.masks.setdefault(_thread.get_ident(), []).append(_set_mask(_signal.SIG_BLOCK, wanted))

    def let(self):
        """Let the signals come again, in the parent and in the child."""
        if cython.compiled:
            ld_let()
        elif self.masks.get(_thread.get_ident()):
            _set_mask(_signal.SIG_SETMASK, self.masks[_thread.get_ident()].pop())
