"""Signals that come again every 50 ms until their handler has run.

CPython's handler in C sets a flag, at which the main thread looks between two bytecodes. If it lets another thread have
the GIL meanwhile, on its way to a wait in C, it does not look before that wait ends, perhaps never. A process that the
signal should end would go on. The pure build can do nothing about it, nor can the compiled one on other systems than
64-bit Linux.
"""

from __future__ import annotations

try:
    import cython
except ModuleNotFoundError:
    from lockdep.fastpath import _cython_absent as cython

COMPILED = cython.compiled


def repeat_signal(number):
    """Have a signal that has a handler of Python come again from now on, once it has come, until `end_repeat`."""
    if cython.compiled:
        ld_repeat(number)


def end_repeat(number):
    """Have it come no more. One that was on its way may still come."""
    if cython.compiled:
        ld_end_repeat(number)
