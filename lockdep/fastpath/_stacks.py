"""Where all threads stand. They run on meanwhile, so what is told of one may be out of date when it is read.

Without the GIL, the compiled build stops all threads while it reads their frames. The pure build cannot do that there,
and reads frames that may be gone.
"""

from __future__ import annotations

import sys

try:
    import cython
except ModuleNotFoundError:
    from lockdep.fastpath import _cython_absent as cython

COMPILED = cython.compiled


class LazyFrames:
    """The frames of a thread, from `frame` outwards, as (code, offset of the instruction); read when asked for."""

    __slots__ = ("frame",)

    def __init__(self, frame):
        self.frame = frame

    def __iter__(self):
        frame = self.frame
        while frame is not None:
            yield frame.f_code, frame.f_lasti
            frame = frame.f_back


def standing():
    """Return the frames of all threads by their idents: (code, offset of the instruction) of each, innermost first.

    Cost: some us with the GIL; without it some us for each thread, while all of them stand still.
    """
    if cython.compiled and LD_STOPS_THREADS:
        return ld_stacks()
    return {ident: LazyFrames(frame) for ident, frame in sys._current_frames().items()}
