"""Exceptions of the program in the middle of lockdep's work, as a signal handler may raise them there."""

from __future__ import annotations

import sys
from types import FrameType, TracebackType
from typing import Any

from lockdep.trace import PACKAGE, is_ours

FASTPATH = (
    PACKAGE + "fastpath/"
)  # compiled, it has no Python code; what its pure build cannot promise is its own subject


class Injector:
    """Inside its with block an exception is raised at the n-th point of lockdep's slow path: a call or a return.

    `hit` is where that was, or None if there are fewer points. `raised` says whether it left the block, which then goes
    on behind it.
    """

    def __init__(self, number: int, error: BaseException) -> None:
        self.left = number
        self.error = error
        self.hit: str | None = None
        self.raised = False

    def __enter__(self) -> Injector:
        sys.setprofile(self._point)
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> bool:
        sys.setprofile(None)
        self.raised = error is self.error
        return self.raised

    def _point(self, frame: FrameType, event: str, _argument: Any) -> None:
        file = frame.f_code.co_filename
        if self.hit is None and event in ("call", "c_return") and is_ours(file) and not file.startswith(FASTPATH):
            self.left -= 1
            if not self.left:
                self.hit = f"{frame.f_code.co_qualname}:{frame.f_lineno} {event}"
                raise self.error
