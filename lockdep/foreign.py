"""Proxies of locks of any type; see tracking.py. Importing this module imports wrapt."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import wrapt

from lockdep import fastpath, runtime
from lockdep.fastpath import BLOCKING, TIMED, TRY
from lockdep.rwlocks import RWMap, patience


class TrackedLock(wrapt.ObjectProxy):  # type: ignore[misc, type-arg, unused-ignore]
    """A lock that says when it is taken and released."""

    def __init__(self, lock: Any, map_: RWMap, methods: tuple[str, str], again: Callable[..., Any]) -> None:
        super().__init__(lock)
        self._self_lock = lock
        self._self_map = map_
        self._self_names = methods  # that take it and release it
        self._self_again = again  # makes the proxy of a copy, of the same class

    def __getattr__(self, name: str) -> Any:
        if name == self._self_names[0]:
            return self._self_take
        if name == self._self_names[1]:
            return self._self_drop
        return getattr(self._self_lock, name)

    @property
    def dep_map(self) -> RWMap:
        """What the validator knows of the lock; assertions and annotations look for it."""
        return self._self_map

    def _self_take(self, *args: Any, **kwargs: Any) -> Any:
        method = getattr(self._self_lock, self._self_names[0])
        answer = self._self_follow(lambda: method(*args, **kwargs), patience_of(self._self_lock, args, kwargs))
        if getattr(answer, "lock", None) is self._self_lock and hasattr(answer, "__exit__"):
            return Taken(answer, self)  # filelock: `with lock.acquire():`
        return answer

    def _self_follow(self, call: Callable[[], Any], mode: int, *, can_fail: bool = True) -> Any:
        if not runtime.is_active() or fastpath.thread_state().off:
            return call()
        answer = self._self_map.take(mode, call, can_fail=can_fail)
        return self if answer is self._self_lock else answer

    def _self_drop(self, *args: Any, **kwargs: Any) -> Any:
        method = getattr(self._self_lock, self._self_names[1])
        return self._self_release(lambda: method(*args, **kwargs))

    def _self_release(self, call: Callable[[], Any]) -> Any:
        answer = self._self_map.drop(call)
        while self._self_map.is_held() == 1 and getattr(self._self_lock, "is_locked", None) is False:
            self._self_map.drop(bool)  # filelock: release(force=True) undoes every acquire
        return answer

    def __enter__(self) -> Any:
        enter = getattr(self._self_lock, "__enter__", None) or getattr(self._self_lock, self._self_names[0])
        return self._self_follow(enter, patience_of(self._self_lock, (), {}), can_fail=False)

    def __exit__(self, *raised: Any) -> Any:
        leave = getattr(self._self_lock, "__exit__", None)
        if leave is None:
            self._self_drop()
            return None
        return self._self_release(lambda: leave(*raised))

    def __copy__(self) -> Any:
        return self._self_again(copy.copy(self._self_lock), *self._self_names, self._self_class())

    def __deepcopy__(self, memo: Any) -> Any:
        return self._self_again(copy.deepcopy(self._self_lock, memo), *self._self_names, self._self_class())

    def __reduce_ex__(self, _protocol: Any) -> Any:
        return self._self_again, (self._self_lock, *self._self_names, self._self_class())

    def _self_class(self) -> str | None:
        entry = self._self_map.entry
        return None if entry is fastpath.UNTRACKED else str(entry.lock_class.name)


class Taken(wrapt.ObjectProxy):  # type: ignore[misc, type-arg, unused-ignore]
    """What a method returned that has taken a lock, and that releases it at the end of a `with` statement."""

    def __init__(self, answer: Any, lock: TrackedLock) -> None:
        super().__init__(answer)
        self._self_answer = answer
        self._self_lock = lock

    def __enter__(self) -> Any:
        self._self_answer.__enter__()
        return self._self_lock

    def __exit__(self, *raised: Any) -> Any:
        return self._self_lock._self_release(lambda: self._self_answer.__exit__(*raised))


def patience_of(lock: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> int:
    """Return TRY if a call with these arguments does not wait, TIMED if it does not wait for ever, else BLOCKING."""
    if args or kwargs:
        return patience(args, kwargs)
    limit = getattr(lock, "timeout", None)
    if getattr(lock, "blocking", True) is False or getattr(lock, "fail_when_locked", False) is True or limit == 0:
        return TRY
    return TIMED if isinstance(limit, int | float) and limit > 0 else BLOCKING
