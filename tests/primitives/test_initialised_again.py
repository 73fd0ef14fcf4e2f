"""`__init__` of a primitive that is held: reported as `init()` is, and nobody holds it any more. A free one is not."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from lockdep import fastpath, runtime
from lockdep.threading import Lock, RLock
from primitives import SRCU, LocalLock, Mutex, RawSpinLock, RWLock, RWSem, Semaphore, SeqCount, SeqLock, SpinLock
from primitives.ww_mutex import WWClass, WWMutex
from tests.primitives.contract import Cast
from tests.worlds import found


class Subclass(Lock):
    """A subclass of a drop-in lock that initialises it as its own `__init__` says."""

    def __init__(self) -> None:
        super().__init__("subclass")


class Primitive(NamedTuple):
    """How to make one, and the methods by which it is held and released. `findings`: how many locks it consists of."""

    make: Callable[[], Any]
    take: str = "acquire"
    free: str = "release"
    findings: int = 1

    def __str__(self) -> str:
        return f"{type(self.make()).__name__}.{self.take}"


PRIMITIVES = (
    Primitive(Lock), Primitive(RLock), Primitive(Subclass), Primitive(Mutex), Primitive(SpinLock),
    Primitive(RawSpinLock), Primitive(RWSem, "down_write", "up_write"), Primitive(RWSem, "down_read", "up_read"),
    Primitive(RWLock, "write_lock", "write_unlock"), Primitive(RWLock, "read_lock", "read_unlock"),
    Primitive(Semaphore, "down", "up"), Primitive(LocalLock), Primitive(lambda: WWMutex(WWClass("ww"))),
    Primitive(SeqCount, "write_begin", "write_end"), Primitive(SeqLock, findings=2),
)  # fmt: skip


def initialise_again(lock: Any) -> None:
    lock.__init__(*([WWClass("ww again")] if isinstance(lock, WWMutex) else []))


@pytest.mark.parametrize("primitive", PRIMITIVES, ids=str)
def test_a_held_primitive_that_is_initialised_again_is_reported(primitive: Primitive) -> None:
    lock = primitive.make()
    getattr(lock, primitive.take)()

    initialise_again(lock)

    assert found() == ["freed"] * primitive.findings
    assert all("initialising a lock again" in str(one) for one in runtime.findings())
    getattr(lock, primitive.take)()  # nobody holds it, and this thread holds no other life of it either
    getattr(lock, primitive.free)()
    assert fastpath.thread_state().held() == []
    runtime.validator().collect()
    assert found() == ["freed"] * primitive.findings


@pytest.mark.parametrize("primitive", PRIMITIVES, ids=str)
def test_a_free_primitive_that_is_initialised_again_is_fine(primitive: Primitive) -> None:
    lock = primitive.make()
    for _ in range(2):
        getattr(lock, primitive.take)()
        getattr(lock, primitive.free)()
        initialise_again(lock)

    runtime.validator().collect()
    assert found() == []


def test_the_holder_may_be_another_thread(actor: Cast) -> None:
    lock, other = Mutex("elsewhere"), actor()
    other.do(lock.lock)

    lock.__init__("elsewhere")  # type: ignore[misc]

    assert found() == ["freed"]
    with lock:
        pass
    other.do(lock.lock)
    other.do(lock.unlock)
    assert other.do(lambda: fastpath.thread_state().held()) == []


def test_a_section_of_srcu_is_held() -> None:
    domain = SRCU("domain")
    domain.read_lock()

    domain.__init__("domain")  # type: ignore[misc]

    assert found() == ["freed"]
    with domain.reading():
        pass
    assert fastpath.thread_state().held() == []


def test_a_child_may_begin_with_a_new_life_of_a_lock_that_its_parent_held(actor: Cast) -> None:
    lock, kept, other = Mutex("left behind"), Mutex("kept"), actor()
    other.do(lock.lock)
    kept.lock()

    child = os.fork()
    if not child:
        lock.__init__("left behind")  # type: ignore[misc]
        silent = found() == []
        kept.__init__("kept")  # type: ignore[misc]
        os._exit(0 if silent and found() == ["freed"] else 1)

    assert os.waitpid(child, 0)[1] == 0
    other.do(lock.unlock)
    kept.unlock()
    assert found() == []
