"""Annotations: classes, subclasses, orders, pins, maps, pauses. Each finding has a twin that stays silent."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

import lockdep
from lockdep.fastpath import RECURSIVE_READ, TRY, DepMap, ExclusiveLock, thread_state
from lockdep.wait_types import CONFIG, SLEEP, SPIN, Traits
from tests.worlds import nest, world


class Mutex(ExclusiveLock):
    """A sleeping lock that is judged by classes, as in the kernel."""

    traits = Traits()


class Spin(ExclusiveLock):
    """A lock whose waiters spin."""

    traits = Traits(inner=CONFIG)


class ReadWrite:
    """The type of lock that a bare DepMap belongs to."""

    traits = Traits(inner=CONFIG)


@pytest.fixture(autouse=True)
def validator() -> Iterator[lockdep.Validator]:
    with world(strict=True) as chosen:
        yield chosen
        thread_state().settle()
        assert thread_state().held() == []
    assert chosen.failures == 0, chosen.book.failure


def titles() -> list[str]:
    return [finding.title for finding in lockdep.findings()]


CIRCULAR = "possible circular locking dependency detected"
RECURSIVE = "possible recursive locking detected"


def take(lock: DepMap, mode: int = 0) -> None:
    lock.acquired(lock.acquire(mode))


# -- classes


def test_one_class_nested_is_recursion_unless_it_is_a_subclass() -> None:
    outer, inner = Mutex("tree"), Mutex("tree")
    with outer:
        inner.lock_as(subclass=1)
        inner.release()
    assert titles() == []
    nest(outer, inner)
    assert titles() == [RECURSIVE]


def test_subclasses_have_an_order_of_their_own() -> None:
    outer, inner = Mutex("tree"), Mutex("tree")
    with outer:
        inner.lock_as(subclass=1)
        inner.release()
    inner.lock_as(subclass=1)
    outer.acquire()
    outer.release()
    inner.release()
    assert titles() == [CIRCULAR]
    assert lockdep.findings()[0].classes == ("tree", "tree/1")


def test_an_invalid_subclass_is_reported() -> None:
    lock = Mutex("tree")
    assert lock.lock_as(subclass=8)
    lock.release()
    assert titles() == ["looking up invalid subclass: 8"]
    assert lock.lock_as(subclass=7)
    lock.release()
    assert len(titles()) == 1


@pytest.mark.parametrize("number", [1, 7])
def test_set_subclass_keeps_the_name(number: int) -> None:
    lock = Mutex("tree")
    lockdep.set_subclass(lock, number)
    assert lock.entry.lock_class.name == f"tree/{number}"
    lockdep.set_subclass(lock, 0)
    assert lock.entry.lock_class.name == "tree"


def test_locks_of_different_places_with_one_key_are_one_class() -> None:
    key = lockdep.LockClassKey()
    first, second, other = Mutex("first"), Mutex("second"), Mutex("other")
    for lock in (first, second):
        lockdep.set_class(lock, key, "joined")
    nest(first, other)
    nest(other, second)
    assert titles() == [CIRCULAR]
    assert set(lockdep.findings()[0].classes) == {"joined", "other"}


def test_locks_of_one_place_with_two_keys_are_two_classes() -> None:
    one, two, other = Mutex("of two keys"), Mutex("of two keys"), Mutex("beside two keys")
    lockdep.set_class(two, lockdep.LockClassKey(), "of two keys")
    nest(one, other)
    nest(other, two)
    assert titles() == []
    assert {one.entry.lock_class.name, two.entry.lock_class.name} == {"of two keys", "of two keys#2"}


def test_a_key_with_two_names_is_reported() -> None:
    key = lockdep.LockClassKey()
    first, second = Mutex("first"), Mutex("second")
    lockdep.set_class(first, key, "apples")
    lockdep.set_class(second, key, "pears")
    nest(second)
    (title,) = titles()
    assert title == 'Looking for class "pears", but found a different class "apples" with the same key'


def test_set_class_validates_a_held_lock_again() -> None:
    lock, above, other = Mutex("before"), Mutex("above"), Mutex("other class")
    with lock, above:
        lockdep.set_class(lock, "key of a held lock", "after")
    nest(above, lock)
    assert titles() == [CIRCULAR]
    assert "after" in lockdep.findings()[0].classes
    nest(above, other)
    assert len(titles()) == 1


def test_set_class_on_a_free_lock_leaves_the_old_order_behind() -> None:
    lock, above = Mutex("before"), Mutex("above")
    nest(lock, above)
    lockdep.set_class(lock, "key of a free lock", "after")
    nest(above, lock)
    assert titles() == []


def test_a_novalidate_lock_makes_no_dependency_but_is_listed_as_held() -> None:
    lock, other, spin = Mutex("wild"), Mutex("tame"), Spin("spin")
    lockdep.set_novalidate(lock)
    nest(lock, other)
    nest(other, lock)
    with lock:
        lockdep.assert_held(lock)
    assert titles() == []
    with spin:
        nest(lock)
    assert titles() == ["Invalid wait context"]


def test_a_notrack_lock_is_not_seen_at_all() -> None:
    lock, spin = Mutex("hidden"), Spin("spin")
    lockdep.set_notrack(lock)
    with spin:
        nest(lock)
    assert titles() == []


# -- nesting


def test_a_nest_lock_serialises_its_class() -> None:
    master, one, two = Mutex("master"), Mutex("slave"), Mutex("slave")
    with master:
        for lock in (one, two):
            lock.lock_as(nest=master)
        two.release()
        one.release()
    assert titles() == []
    one.lock_as(nest=master)
    one.release()
    assert titles() == ["Nested lock was not taken"]
    assert lockdep.findings()[0].classes == ("slave", "master")


def test_an_ordering_callback_allows_its_order_only() -> None:
    rank: dict[int, int] = {}

    def compare(held: Mutex, new: Mutex) -> int:
        return rank[id(held)] - rank[id(new)]

    locks = [Mutex("ranked") for _ in range(3)]
    for number, lock in enumerate(locks):
        rank[id(lock)] = number
        lockdep.set_order(lock, compare)
    nest(*locks)
    nest(locks[0], locks[2])
    assert titles() == []
    nest(locks[2], locks[1])
    assert titles() == [RECURSIVE]
    assert lockdep.findings()[0].violation.comparison.answer == 1


def against(*_: Mutex) -> int:
    return 1


def fail(*_: Mutex) -> int:
    raise RuntimeError


def test_an_ordering_callback_that_raises_excuses_nothing() -> None:
    one, two = Mutex("unranked"), Mutex("unranked")
    for lock in (one, two):
        lockdep.set_order(lock, fail)
    nest(one, two)
    assert titles() == [RECURSIVE]


def test_a_description_that_raises_is_left_out() -> None:
    one, two = Mutex("undescribed"), Mutex("undescribed")
    for lock in (one, two):
        lockdep.set_order(lock, against, fail)
    nest(one, two)
    assert titles() == [RECURSIVE]
    assert lockdep.findings()[0].violation.comparison == (1, "", "")


def test_a_second_ordering_callback_is_reported() -> None:
    one, two = Mutex("twice"), Mutex("twice")
    lockdep.set_order(one, lambda *_: -1)
    lockdep.set_order(two, lambda *_: -1)
    assert titles() == ["second ordering callback for a class"]


# -- what is held


def test_releasing_a_pinned_lock_is_reported() -> None:
    lock = Mutex("pinned")
    with lock:
        cookie = lockdep.pin(lock)
        lockdep.unpin(lock, cookie)
        lockdep.repin(lock, cookie)
        second = lockdep.pin(lock)
        lockdep.unpin(lock, cookie)
        lockdep.unpin(lock, second)
    assert titles() == []
    with lock:
        lockdep.pin(lock)
    assert titles() == ["releasing a pinned lock"]
    nest(lock)
    assert len(titles()) == 1


@pytest.mark.parametrize(
    ("misuse", "title"),
    [
        (lambda lock: lockdep.pin(lock), "pinning an unheld lock"),
        (lambda lock: lockdep.unpin(lock, 1), "unpinning an unheld lock"),
        (lambda lock: (lock.acquire(), lockdep.unpin(lock, 1), lock.release()), "unpinning an unpinned lock"),
        (
            lambda lock: (lock.acquire(), lockdep.unpin(lock, lockdep.pin(lock) + 1), lock.release()),
            "pin count corrupted",
        ),
    ],
)
def test_misuse_of_pins_is_reported(misuse, title: str) -> None:
    misuse(Mutex("pinned"))
    assert titles()[0] == title


def test_releasing_a_pinned_lock_out_of_order_is_reported() -> None:
    lock, above = Mutex("pinned"), Mutex("above")
    lock.acquire()
    cookie = lockdep.pin(lock)
    above.acquire()
    lockdep.unpin(lock, cookie)
    lock.release()
    above.release()
    assert titles() == []


def test_a_downgraded_lock_is_held_for_reading() -> None:
    lock, spin = DepMap("rw", ReadWrite), Spin("spin")
    take(lock)
    spin.acquire()
    lockdep.downgrade(lock)
    lockdep.assert_held_read(lock)
    assert titles() == []
    lockdep.downgrade(lock)
    assert titles() == ["downgrading a read lock"]
    spin.release()
    lock.release()


def test_downgrading_a_lock_that_is_not_held_is_reported() -> None:
    lockdep.downgrade(Mutex("free"))
    assert titles() == ["bad unlock balance detected!"]


def test_initialising_a_held_lock_is_reported() -> None:
    lock = Mutex("made anew")
    lock.init()
    assert titles() == []
    lock.acquire()
    lock.init()
    assert titles() == ["held lock freed!"]
    assert not lock.locked()
    nest(lock)
    assert len(titles()) == 1


def test_collecting_a_held_lock_is_reported() -> None:
    free = Mutex("collected free")
    nest(free)
    del free
    gc.collect()
    assert titles() == []
    held = Mutex("collected held")
    held.acquire()
    del held
    gc.collect()
    assert titles() == ["held lock freed!"]


def test_collecting_a_held_map_is_reported() -> None:
    held = DepMap("collected map", ReadWrite)
    take(held, RECURSIVE_READ)
    del held
    gc.collect()
    assert titles() == ["held lock freed!"]
    nest(Mutex("settles"))


# -- maps


def test_a_lock_map_has_an_order() -> None:
    phase, lock = lockdep.LockMap("phase"), Mutex("lock")
    with phase, lock:
        pass
    assert titles() == []
    with lock, phase:
        pass
    assert titles() == [CIRCULAR]


def test_a_lock_map_may_be_read_twice_but_not_written_twice() -> None:
    phase = lockdep.LockMap("phase")
    phase.acquire_read()
    phase.acquire_read()
    assert titles() == []
    phase.release()
    phase.release()
    phase.acquire()
    phase.acquire()
    phase.release()
    phase.release()
    assert titles() == [RECURSIVE]


def test_a_tried_map_depends_on_nothing_but_others_depend_on_it() -> None:
    phase, lock = lockdep.LockMap("phase"), Mutex("lock")
    with lock:
        phase.try_acquire()
        phase.release()
    with phase, lock:
        pass
    assert titles() == []
    phase.try_acquire()
    with lock:
        pass
    phase.release()
    with lock, phase:
        pass
    assert titles() == [CIRCULAR]


def test_sync_depends_on_the_holders_of_the_map() -> None:
    domain, lock = lockdep.LockMap("domain"), Mutex("lock")
    domain.acquire_read()
    with lock:
        pass
    domain.release()
    domain.sync()
    assert titles() == []
    with lock:
        domain.sync()
    assert titles() == [CIRCULAR]
    assert thread_state().held() == []


def test_sync_inside_its_own_reader_is_reported() -> None:
    domain = lockdep.LockMap("domain")
    domain.acquire_read()
    domain.sync()
    domain.release()
    assert titles() == [RECURSIVE]


def test_waiting_for_an_event_under_a_lock_of_its_signaller_is_reported() -> None:
    done, lock, other = lockdep.LockMap("done"), Mutex("lock"), Mutex("other")
    with lock:
        done.sync()
    with other:
        done.signal()
    assert titles() == []
    with lock:
        done.signal()
    assert titles() == [CIRCULAR]


def test_a_wait_override_lifts_the_wait_context() -> None:
    spin, mutex = Spin("spin"), Mutex("mutex")
    with spin, lockdep.WaitOverride("only here", SLEEP), mutex:
        pass
    assert titles() == []
    with spin, lockdep.WaitOverride("stricter", SPIN), Spin("other spin"):
        pass
    assert titles() == ["Invalid wait context"]


# -- might_lock


def test_might_lock_records_an_order() -> None:
    one, two = Mutex("one"), Mutex("two")
    with one:
        lockdep.might_lock(two)
    assert not two.locked()
    nest(one, two)
    assert titles() == []
    nest(two, one)
    assert titles() == [CIRCULAR]


def test_might_lock_read_is_a_read() -> None:
    one, two = DepMap("one", ReadWrite), DepMap("two", ReadWrite)
    take(one, RECURSIVE_READ)
    lockdep.might_lock_read(two)
    one.release()
    take(two, RECURSIVE_READ)
    take(one, RECURSIVE_READ)
    one.release()
    two.release()
    assert titles() == []
    take(two)
    take(one)
    one.release()
    two.release()
    assert titles() == [CIRCULAR]


def test_might_lock_nested_is_exclusive() -> None:
    one, two = Mutex("tree"), Mutex("tree")
    with one:
        lockdep.might_lock_nested(two, 1)
    assert titles() == []
    two.lock_as(subclass=1)
    lockdep.might_lock(one)
    two.release()
    assert titles() == [CIRCULAR]


# -- off and on


def test_paused_ignores_acquisitions_and_forgets_no_held_lock() -> None:
    one, two = Mutex("one"), Mutex("two")
    nest(one, two)
    with lockdep.paused():
        nest(two, one)
    assert titles() == []
    with two:
        with lockdep.paused():
            pass
        lockdep.assert_held(two)
        nest(one)
    assert titles() == [CIRCULAR]


def test_a_map_taken_while_paused_is_released_without_a_finding() -> None:
    lock = DepMap("taken while off", ReadWrite)
    with lockdep.paused():
        take(lock)
    assert lock.is_held() == -1
    lock.release()
    assert titles() == []
    lock.release()
    assert titles() == ["bad unlock balance detected!"]


def test_an_unbalanced_on_is_reported() -> None:
    lockdep.on()
    assert titles() == ["unbalanced lockdep.on()"]


# -- arguments


def test_annotating_an_object_that_is_no_lock_raises_type_error() -> None:
    with pytest.raises(TypeError, match="expected a lock, got int"):
        lockdep.assert_held(3)


def test_is_held_knows_whether_a_tried_lock_is_read_or_written() -> None:
    lock = DepMap("tried", ReadWrite)
    lock.acquired(None, RECURSIVE_READ | TRY)
    assert (lock.is_held(), lock.is_held(1), lock.is_held(0)) == (1, 1, 0)
    assert lock.held_count() == 1
    lock.release()
    assert lock.is_held() == 0
