"""What a primitive tells the validator besides its DepMap: that it was used against its rules."""

from __future__ import annotations

from typing import Any, NoReturn

from lockdep import fastpath, runtime


def bad_unlock(lock: Any, text: str) -> NoReturn:
    """Report an unlock by a thread that does not hold the lock, or holds it in another way; then RuntimeError."""
    state = fastpath.thread_state()
    if runtime.is_active() and state.settle():
        runtime.validator().misuse(state, lock.dep_map)
    raise RuntimeError(text)
