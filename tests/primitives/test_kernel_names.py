"""The primitives under the names of the kernel's functions, and the guards."""

from __future__ import annotations

import inspect
import os
import signal
import subprocess
import sys
import sysconfig
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from errno import EALREADY, EINTR
from pathlib import Path
from typing import Any

import pytest

import lockdep
from lockdep.fastpath import BUILD
from primitives import (
    SRCU,
    LocalLock,
    Mutex,
    PercpuRWSem,
    RawSpinLock,
    RCUList,
    RWLock,
    RWSem,
    Semaphore,
    SeqLock,
    SpinLock,
    WWClass,
    WWMutex,
    kernel,
    raise_irq,
)
from primitives.irq import free_irq, irqs_disabled, local_irq_disable, local_irq_enable, request_irq
from primitives.kernel.functions import ROWS, find, parse, rows_of, source_of
from primitives.kernel.guards import GUARDS, scoped_guard
from primitives.kernel.page import HEAD, markdown, stub
from primitives.kernel.table import SECTIONS
from primitives.preempt import in_softirq, preempt_count
from primitives.rcu import rcu_read_lock_any_held
from tests.primitives.contract import Cast, until
from tests.primitives.signals import send_until
from tests.sourcetree import ROOT
from tests.worlds import found

# -- the names

WITH_DOCS = sysconfig.get_config_var("WITH_DOC_STRINGS")  # else compiled methods have none
FUNCTIONS = [row for row in ROWS.values() if row.expression]


def test_the_page_and_the_stub_are_what_the_table_says() -> None:
    assert (ROOT / "docs" / "kernel-names.md").read_text() == markdown()
    assert (ROOT / "primitives" / "kernel" / "__init__.pyi").read_text() == stub()


def test_no_name_has_two_rows() -> None:
    counts = Counter(row.name for section in SECTIONS for row in rows_of(section))

    assert [name for name, count in counts.items() if count > 1] == []


def test_each_function_has_its_name_signature_and_docstring() -> None:
    for row in FUNCTIONS:
        function = getattr(kernel, row.name)
        assert function.__name__ == row.name
        shown = str(inspect.signature(function, eval_str=False)).replace("'", "")
        assert f"{row.name}{shown}" == row.signature
        text, _, same = str(function.__doc__).rpartition("The same as ")
        text = text.rstrip()
        assert text.endswith(".") or not WITH_DOCS
        assert same == f"`{row.expression}`."


def test_what_has_its_kernel_name_already_is_the_object_itself() -> None:
    for row in ROWS.values():
        if not row.expression:
            assert getattr(kernel, row.name) is find(row.home)


def test_a_star_import_brings_all_names() -> None:
    space: dict[str, Any] = {}

    exec("from primitives.kernel import *", space)

    assert {*ROWS, "scoped_guard"} <= space.keys()


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(AttributeError, match="spin_look"):
        kernel.spin_look  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(ValueError, match="no guard of this name: spin"):
        scoped_guard("spin")
    with pytest.raises(ValueError, match="not a row"):
        list(parse("spin_lock lock.lock()"))


LISTING = """
from primitives.kernel import *

lock = DEFINE_SPINLOCK("lock")
flags: bool = spin_lock_irqsave(lock)
spin_unlock_irqrestore(lock, flags)
m = DEFINE_MUTEX()
error: int = mutex_lock_interruptible(m)
mutex_unlock(m)
count = ATOMIC_INIT(1)
atomic_add(2, count)
with scoped_guard("mutex", m):
    left: int = atomic_dec_return(count)
spin_unlock(m)  # type: ignore[arg-type]
atomic_add(count, 2)  # type: ignore[arg-type]
"""


@pytest.mark.once
def test_mypy_accepts_each_row_and_a_listing_and_refuses_what_is_wrong(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    made = HEAD.replace("_T", "T") + "\n" + "".join(
        f"from {module} import {name}\n" for module, name in WITHIN
    ) + 'T = TypeVar("T")\n' + "".join(map(source_of, FUNCTIONS))  # fmt: skip
    (tmp_path / "made.py").write_text(made)
    (tmp_path / "listing.py").write_text(LISTING)
    command = [sys.executable, "-m", "mypy", "--strict", "--warn-unused-ignores", "made.py", "listing.py"]

    done = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True)

    assert done.returncode == 0, done.stdout + done.stderr


WITHIN = [
    ("errno", "ETIME"),
    *(("primitives", name) for name in (
        "READ_ONCE", "call_rcu", "in_hardirq", "preempt_enable", "raise_softirq", "rcu_barrier", "smp_mb",
        "smp_processor_id", "smp_rmb", "smp_store_mb", "smp_wmb", "synchronize_rcu",
    )),
    ("primitives.workqueue", "WQ_LEGACY"),
    ("lockdep.live.showing", "show_all_locks"),
    ("primitives.kernel.functions", "outcome"),
    ("primitives.kernel.functions", "status"),
    *(("lockdep.assertions", name) for name in (
        "assert_held", "assert_held_once", "assert_held_read", "assert_held_write", "assert_in_irq",
        "assert_in_softirq", "assert_irqs_disabled", "assert_irqs_enabled", "assert_none_held_once", "assert_not_held",
        "assert_preemption_disabled", "assert_preemption_enabled",
    )),
    *(("lockdep.annotations", name) for name in (
        "is_held", "off", "on", "pin", "set_class", "set_notrack", "set_novalidate", "set_subclass", "unpin",
    )),
]  # fmt: skip


def environment() -> dict[str, str]:
    return {**os.environ, "MYPYPATH": str(ROOT)}


# -- in reports

OWN = "primitives/kernel"


def test_locks_and_acquisitions_have_the_place_of_the_caller() -> None:
    first = kernel.DEFINE_SPINLOCK()
    second = kernel.DEFINE_MUTEX()
    kernel.spin_lock(first)
    kernel.mutex_lock(second)
    kernel.mutex_unlock(second)
    kernel.spin_unlock(first)

    (finding,) = lockdep.findings()
    assert finding.slug == "wait-context"
    assert [name.rpartition(" ")[2] for name in finding.classes] == ["second", "first"]
    text = str(finding)
    here = next(line for line in text.splitlines() if line.startswith(" #0: "))
    assert " first)" in here
    assert here.endswith("in test_locks_and_acquisitions_have_the_place_of_the_caller")
    assert "kernel.mutex_lock(second)" in text
    assert OWN not in text


def test_a_guard_has_the_place_of_the_with_statement() -> None:
    lock, other = SpinLock("lock"), SpinLock("other")
    with scoped_guard("spinlock_irqsave", lock):
        with other.irq():
            pass
    with other.bh(), lock.trying(), scoped_guard("spinlock_try", SpinLock("third")):
        lock_text = [str(finding) for finding in lockdep.findings()]
    assert lock_text == []
    with other:
        with lock.nested(1):
            pass
    with lock.nested(1):
        with other:
            pass
    (finding,) = lockdep.findings()
    assert "with lock.nested(1):" in str(finding)
    assert "contextlib" not in str(finding)
    assert OWN not in str(finding)


@pytest.mark.parametrize("way", ["function", "method", "guard"])
def test_a_known_acquisition_has_the_place_of_the_caller_too(way: str) -> None:
    lock, mutex = SpinLock("lock"), Mutex("mutex")

    def hold(inside: Callable[[], object]) -> None:
        if way == "function":
            flags = kernel.spin_lock_irqsave(lock)  # held here by a function
            inside()
            kernel.spin_unlock_irqrestore(lock, flags)
        elif way == "method":
            lock.lock_irq()  # held here by a method
            inside()
            lock.unlock_irq()
        else:
            with scoped_guard("spinlock_irqsave", lock):  # held here by a guard
                inside()

    hold(int)
    hold(int)
    hold(lambda: kernel.mutex_lock(mutex))
    kernel.mutex_unlock(mutex)

    (finding,) = lockdep.findings()
    line = next(line for line in str(finding).splitlines() if line.startswith(" #0: "))
    number = int(line.rpartition(":")[2].split()[0])
    assert f"# held here by a {way}" in Path(__file__).read_text().splitlines()[number - 1]


# -- listings


def test_a_list_under_rcu_reads_as_in_the_texts() -> None:
    table = RCUList[str]()
    kernel.spin_lock(table.lock)
    node = kernel.list_add_rcu("a", table)
    kernel.list_add_tail_rcu("b", table)
    kernel.spin_unlock(table.lock)

    kernel.rcu_read_lock()
    assert list(kernel.list_for_each_entry_rcu(table)) == ["a", "b"]
    kernel.rcu_read_unlock()

    flags = kernel.spin_lock_irqsave(table.lock)
    old = kernel.list_del_rcu(node, table)
    kernel.spin_unlock_irqrestore(table.lock, flags)
    kernel.kfree_rcu(old)
    kernel.rcu_barrier()
    assert found() == []


def test_a_change_without_the_lock_is_found() -> None:
    table = RCUList[str]()
    kernel.list_add_rcu("a", table)
    assert found() == ["assertion"]


def test_return_values_are_the_kernels() -> None:
    sem, m = kernel.DEFINE_SEMAPHORE(), kernel.DEFINE_MUTEX()
    rw, x = kernel.DECLARE_RWSEM(), kernel.DECLARE_COMPLETION()
    assert kernel.down_trylock(sem) == 0
    assert kernel.down_trylock(sem) == 1
    kernel.up(sem)
    assert kernel.down_timeout(sem, 1) == 0
    assert kernel.down_interruptible.__name__ == "down_interruptible"
    kernel.up(sem)
    assert kernel.mutex_lock_interruptible(m) == 0
    assert not kernel.mutex_trylock(m)
    kernel.mutex_unlock(m)
    assert kernel.down_write_killable(rw) == 0
    kernel.downgrade_write(rw)
    kernel.up_read(rw)
    kernel.complete(x)
    assert kernel.wait_for_completion_interruptible(x) == 0
    assert kernel.wait_for_completion_interruptible_timeout(x, 0) == 0
    kernel.complete(x)
    assert kernel.wait_for_completion_interruptible_timeout(x, 1) == 1
    assert not kernel.try_wait_for_completion(x)
    v = kernel.ATOMIC_INIT(40)
    kernel.atomic_add(2, v)
    assert kernel.atomic_sub_return(2, v) == 40
    assert kernel.atomic64_cmpxchg(v, 40, 1) == 40
    assert kernel.atomic_read(v) == 1
    assert found() == []


@pytest.mark.parametrize("name", ["msleep", "ssleep", "usleep_range", "cond_resched"])
def test_a_delay_that_sleeps_is_found_under_a_spinlock(name: str) -> None:
    delay = getattr(kernel, name)
    arguments = {"usleep_range": (1, 2), "cond_resched": ()}.get(name, (0,))
    delay(*arguments)
    assert found() == []
    with SpinLock("lock"):
        delay(*arguments)
    assert found() == ["sleep"]


def test_a_delay_that_spins_may_be_anywhere_and_takes_its_time() -> None:
    before = time.monotonic_ns()
    with SpinLock("lock"):
        kernel.mdelay(1)
        kernel.udelay(1)
    assert time.monotonic_ns() - before >= 1_001_000
    assert found() == []


def test_waits_with_a_timeout_and_for_wound_wait_mutexes_return_what_the_kernels_do() -> None:
    q, ctx, deadlock = kernel.DECLARE_WAIT_QUEUE_HEAD(), kernel.ww_acquire_ctx, kernel.DEFINE_WW_CLASS("class")
    assert kernel.wait_event_interruptible_timeout(q, lambda: False, 0.001) == 0
    assert kernel.wait_event_interruptible_timeout(q, lambda: True, 1) == 1
    assert kernel.wait_event_interruptible_exclusive(q, lambda: True) == 0
    lock, transaction = WWMutex(deadlock), ctx(deadlock)
    kernel.ww_acquire_init(transaction)
    assert kernel.ww_mutex_lock_interruptible(lock, transaction) == 0
    assert kernel.ww_mutex_lock_interruptible(lock, transaction) == -EALREADY
    kernel.ww_mutex_unlock(lock)
    kernel.ww_acquire_fini(transaction)
    assert found() == []


INITIALISERS = {  # with their arguments after the object, and how it is taken and given back
    "spin_lock_init": (SpinLock, (), "lock", "unlock"),
    "raw_spin_lock_init": (RawSpinLock, (), "lock", "unlock"),
    "rwlock_init": (RWLock, (), "write_lock", "write_unlock"),
    "mutex_init": (Mutex, (), "lock", "unlock"),
    "mutex_destroy": (Mutex, (), "lock", "unlock"),
    "init_rwsem": (RWSem, (), "down_write", "up_write"),
    "percpu_init_rwsem": (PercpuRWSem, (), "down_write", "up_write"),
    "sema_init": (Semaphore, (1,), "down", "up"),
    "seqlock_init": (SeqLock, (), "write_seqlock", "write_sequnlock"),
    "local_lock_init": (LocalLock, (), "local_lock", "local_unlock"),
    "ww_mutex_init": (lambda: WWMutex(WWClass("class")), (WWClass("class"),), "lock", "unlock"),
}


@pytest.mark.parametrize("name", INITIALISERS)
def test_an_initialiser_begins_a_new_life_and_is_reported_if_the_lock_is_held(name: str) -> None:
    make, arguments, take, give = INITIALISERS[name]
    lock = make()
    getattr(kernel, name)(lock, *arguments)
    getattr(lock, take)()
    assert found() == []

    getattr(kernel, name)(lock, *arguments)

    reported = found()
    assert set(reported) == {"freed"}
    getattr(lock, take)()  # it is free
    getattr(lock, give)()
    assert found() == reported


def test_a_lock_has_the_class_of_the_line_that_initialises_it() -> None:
    locks = [RWSem("one class") for _ in range(2)]
    other = Mutex("other")
    kernel.init_rwsem(locks[1])  # another class
    for lock in locks:
        with other, lock.write():
            pass
    with locks[1].write(), other:
        pass
    (finding,) = lockdep.findings()
    assert finding.slug == "circular"
    assert any(__name__.rpartition(".")[2] in name for name in finding.classes)
    assert OWN not in str(finding)


def test_a_wait_under_a_lock_frees_it_while_it_sleeps(actor: Cast) -> None:
    q, lock, items, other = kernel.DECLARE_WAIT_QUEUE_HEAD(), kernel.DEFINE_SPINLOCK("lock"), list[int](), actor()

    def held() -> object:
        lockdep.assert_held(lock)
        return items

    def take() -> int:
        kernel.spin_lock_irq(lock)
        kernel.wait_event_lock_irq(q, held, lock)
        assert irqs_disabled()
        item = items.pop()
        kernel.spin_unlock_irq(lock)
        return item

    other.begin(take)
    until(q.active)
    kernel.spin_lock_irq(lock)
    items.append(7)
    kernel.spin_unlock_irq(lock)
    kernel.wake_up(q)
    assert other.result() == 7
    items.append(8)
    assert take() == 8
    assert not irqs_disabled()
    assert found() == []


@pytest.mark.skipif(BUILD == "pure", reason="the pure build cannot notice that a handler has run")
def test_a_wait_that_a_signal_ends_returns_eintr(actor: Cast) -> None:
    m, other, over = kernel.DEFINE_MUTEX(), actor(), threading.Event()
    before = signal.signal(signal.SIGUSR1, lambda *_: None)
    other.do(kernel.mutex_lock, m)
    sender = threading.Thread(target=send_until, args=(over, m, 1))
    sender.start()

    assert kernel.mutex_lock_interruptible(m) == -EINTR

    over.set()
    sender.join()
    signal.signal(signal.SIGUSR1, before)
    other.do(kernel.mutex_unlock, m)
    assert not kernel.mutex_is_locked(m)


# -- the guards


@dataclass(frozen=True)
class Scene:
    """What a guard is for, and how to see that it is in force.

    `make` returns its arguments. `seen` says, of them, whether the guard is in force: asked in another thread if
    `elsewhere`, where it keeps others out. `hold` and `let_go` are what another thread does that makes an attempt fail.
    """

    make: Callable[[], tuple[Any, ...]]
    seen: Callable[..., bool]
    elsewhere: bool = True
    hold: Callable[[Any], object] = lambda lock: lock.acquire()
    let_go: Callable[[Any], object] = lambda lock: lock.release()


def refused(take: str, give: str) -> Callable[..., bool]:
    """Return a function that says whether a try fails; what it takes it gives back."""

    def seen(lock: Any, *_: object) -> bool:
        if getattr(lock, take)():
            getattr(lock, give)()
            return False
        return True

    return seen


def handled() -> tuple[int]:
    """Return an interrupt whose handler counts in `runs`."""
    request_irq(4000, lambda _: runs.append(1))
    return (4000,)


runs: list[int] = []


def held_back(number: int) -> bool:
    before = len(runs)
    raise_irq(number)
    return len(runs) == before


EXCLUSIVE, NO_WRITER, NO_READER = (
    refused("trylock", "unlock"),
    refused("down_write_trylock", "up_write"),
    refused("down_read_trylock", "up_read"),
)
MUTEX = Scene(lambda: (Mutex("lock"),), EXCLUSIVE)
SPIN = Scene(lambda: (SpinLock("lock"),), EXCLUSIVE)
RAW = Scene(lambda: (RawSpinLock("lock"),), EXCLUSIVE)
READ = Scene(lambda: (RWLock("lock"),), refused("write_trylock", "write_unlock"))
WRITE = Scene(lambda: (RWLock("lock"),), refused("read_trylock", "read_unlock"))
SEQ = Scene(lambda: (SeqLock("lock"),), lambda lock: EXCLUSIVE(lock.lock))
LOCAL = Scene(lambda: (LocalLock("lock"),), lambda lock: bool(lock.locked()), elsewhere=False)
RCU = Scene(lambda: (), rcu_read_lock_any_held, elsewhere=False)
BY_PREFIX = {
    "mutex_nested": Scene(lambda: (Mutex("lock"), 1), EXCLUSIVE),
    "mutex": MUTEX,
    "rwsem_read": Scene(lambda: (RWSem("lock"),), NO_WRITER),
    "rwsem_write": Scene(lambda: (RWSem("lock"),), NO_READER),
    "raw_spinlock": RAW,
    "spinlock": SPIN,
    "read_seqlock": SEQ,
    "write_seqlock": SEQ,
    "read_lock": READ,
    "write_lock": WRITE,
    "local_lock": LOCAL,
    "rcu": RCU,
    "srcu": Scene(lambda: (SRCU("domain"),), SRCU.read_lock_held, elsewhere=False),
    "irq": Scene(lambda: (), irqs_disabled, elsewhere=False),
    "bh": Scene(lambda: (), in_softirq, elsewhere=False),
    "preempt": Scene(lambda: (), lambda: preempt_count() > 0, elsewhere=False),
    "disable_irq": Scene(handled, held_back, elsewhere=False),
}


def scene_of(guard: str) -> Scene:
    return next(scene for prefix, scene in BY_PREFIX.items() if guard.startswith(prefix))


class Left(Exception):
    pass


def context() -> tuple[int, bool, bool]:
    return preempt_count(), irqs_disabled(), in_softirq()


@pytest.mark.parametrize("leave", ["by its end", "by an exception"])
@pytest.mark.parametrize("name", GUARDS)
def test_a_guard_is_in_force_inside_and_leaves_nothing_behind(actor: Cast, name: str, leave: str) -> None:
    scene = scene_of(name)
    arguments, before = scene.make(), context()
    other = actor() if scene.elsewhere else None

    def in_force() -> bool:
        return bool(other.do(scene.seen, *arguments) if other else scene.seen(*arguments))

    def body() -> None:
        with scoped_guard(name, *arguments) as taken:
            assert taken is not False
            assert in_force()
            assert irqs_disabled() == ("irq" in name and name != "disable_irq")
            assert in_softirq() == name.endswith(("bh", "bh_try"))
            if leave == "by an exception":
                raise Left

    try:
        assert not in_force()
        if leave == "by an exception":
            with pytest.raises(Left):
                body()
        else:
            body()
        assert not in_force()
    finally:
        if name == "disable_irq":
            free_irq(*arguments)
    assert context() == before
    assert found() == []


@pytest.mark.parametrize("name", [name for name in GUARDS if name.endswith("_try")])
def test_an_attempt_that_fails_takes_nothing_and_gives_nothing_back(actor: Cast, name: str) -> None:
    scene = scene_of(name)
    (lock,), before, other = scene.make(), context(), actor()
    other.do(scene.hold, lock)

    with scoped_guard(name, lock) as taken:
        assert taken is False
        assert context() == before

    assert context() == before
    assert scene.seen(lock)  # the other thread holds it as before
    other.do(scene.let_go, lock)
    assert found() == []


@pytest.mark.parametrize("name", [name for name in GUARDS if name.endswith(("irqsave", "irqsave_try"))])
def test_irqsave_leaves_interrupts_off_where_they_were_off(name: str) -> None:
    local_irq_disable()
    with scoped_guard(name, *scene_of(name).make()):
        assert irqs_disabled()
    assert irqs_disabled()
    local_irq_enable()
    assert found() == []
