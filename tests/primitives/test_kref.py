"""Kref: the last reference releases, once, and every misuse is reported."""

from __future__ import annotations

import threading

from lockdep import runtime
from primitives.kref import Kref
from primitives.mutex import Mutex
from tests.worlds import found


def test_the_last_reference_releases() -> None:
    kref, released = Kref(), list[Kref]()
    kref.get()
    assert kref.read() == 2

    assert not kref.put(released.append)
    assert released == []
    assert kref.put(released.append)

    assert released == [kref]
    assert not kref.get_unless_zero()
    assert repr(kref) == "Kref(0)"
    assert found() == []


def test_an_object_that_is_used_after_its_end_is_reported_and_released_once() -> None:
    kref, released = Kref(), list[Kref]()
    kref.put(released.append)

    kref.get()

    assert [one.title for one in runtime.findings()] == ["refcount_t: addition on 0; use-after-free."]
    assert not kref.put(released.append)
    assert released == [kref]


def test_a_put_too_many_is_reported() -> None:
    kref, released = Kref(), list[Kref]()
    kref.put(released.append)
    assert not kref.put(released.append)

    assert [one.title for one in runtime.findings()] == ["refcount_t: underflow; use-after-free."]
    assert released == [kref]


def test_put_lock_releases_under_the_lock() -> None:
    kref, mutex, held = Kref(), Mutex("mutex"), list[bool]()
    kref.get()

    def release(_: Kref) -> None:
        held.append(mutex.is_locked())
        mutex.unlock()

    assert not kref.put_lock(release, mutex)
    assert not mutex.is_locked()
    assert kref.put_lock(release, mutex)

    assert held == [True]
    assert not mutex.is_locked()
    kref.init()
    assert kref.read() == 1
    assert found() == []


def test_threads_that_get_and_put_release_once() -> None:
    released = list[Kref]()
    for _ in range(50):
        kref = Kref()
        for _ in range(3):
            kref.get()
        threads = [threading.Thread(target=kref.put, args=(released.append,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert released == [kref]
        released.clear()
    assert found() == []
