"""The table of the kernel's names: what each is here. Everything else about them is made from this table.

A row is the signature of a function of the kernel and, after a colon, the expression that it stands for. What stands
after two spaces and a # is its docstring; otherwise it has that of the method. `NAME = CLASS` is another name of a
type. `MODULE: NAMES` are functions that have their kernel names already. Arguments are in the kernel's order. Where the
kernel returns 0 or a negative errno, so do these. Flags are returned, and times are in seconds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from primitives.kernel.table_deferred import DEFERRED


@dataclass(frozen=True, slots=True)
class Section:
    """A family of names. `rows` is the text of the table, one row a line."""

    title: str
    rows: str

    def lines(self) -> list[str]:
        """Return the rows. One that is continued in the next line of the source is one."""
        return [re.sub(" {4,}", " ", line.strip()) for line in self.rows.splitlines() if line.strip()]


SPIN = """
    spin_lock_init(lock: SpinLock) -> None: lock.init()
    spin_lock(lock: SpinLock) -> None: lock.lock()  # Take the lock, waiting until it is free.
    spin_lock_nested(lock: SpinLock, subclass: int) -> None: lock.lock_nested(subclass)
    spin_lock_nest_lock(lock: SpinLock, nest: object) -> None: lock.lock_nest_lock(nest)
    spin_trylock(lock: SpinLock) -> bool: lock.trylock()
    spin_unlock(lock: SpinLock) -> None: lock.unlock()
    spin_lock_irq(lock: SpinLock) -> None: lock.lock_irq()
    spin_trylock_irq(lock: SpinLock) -> bool: lock.trylock_irq()
    spin_unlock_irq(lock: SpinLock) -> None: lock.unlock_irq()
    spin_lock_irqsave(lock: SpinLock) -> bool: lock.lock_irqsave()
    spin_trylock_irqsave(lock: SpinLock) -> tuple[bool, bool]: lock.trylock_irqsave()
    spin_unlock_irqrestore(lock: SpinLock, flags: bool) -> None: lock.unlock_irqrestore(flags)
    spin_lock_bh(lock: SpinLock) -> None: lock.lock_bh()
    spin_trylock_bh(lock: SpinLock) -> bool: lock.trylock_bh()
    spin_unlock_bh(lock: SpinLock) -> None: lock.unlock_bh()
    spin_is_locked(lock: SpinLock) -> bool: lock.is_locked()
    spin_is_contended(lock: SpinLock) -> bool: lock.waiting > 0  # Return whether anybody waits for the lock.
"""

ATOMIC = """
    atomic_t = Atomic
    ATOMIC_INIT(i: int) -> Atomic: Atomic(i)
    atomic_read(v: Atomic) -> int: v.read()
    atomic_read_acquire(v: Atomic) -> int: v.read_acquire()
    atomic_set(v: Atomic, i: int) -> None: v.set(i)
    atomic_set_release(v: Atomic, i: int) -> None: v.set_release(i)
    atomic_add(i: int, v: Atomic) -> None: v.add(i)
    atomic_sub(i: int, v: Atomic) -> None: v.sub(i)
    atomic_inc(v: Atomic) -> None: v.inc()
    atomic_dec(v: Atomic) -> None: v.dec()
    atomic_add_return(i: int, v: Atomic) -> int: v.add_return(i)
    atomic_sub_return(i: int, v: Atomic) -> int: v.sub_return(i)
    atomic_inc_return(v: Atomic) -> int: v.inc_return()
    atomic_dec_return(v: Atomic) -> int: v.dec_return()
    atomic_fetch_add(i: int, v: Atomic) -> int: v.fetch_add(i)
    atomic_fetch_sub(i: int, v: Atomic) -> int: v.fetch_sub(i)
    atomic_fetch_inc(v: Atomic) -> int: v.fetch_inc()
    atomic_fetch_dec(v: Atomic) -> int: v.fetch_dec()
    atomic_sub_and_test(i: int, v: Atomic) -> bool: v.sub_and_test(i)
    atomic_inc_and_test(v: Atomic) -> bool: v.inc_and_test()
    atomic_dec_and_test(v: Atomic) -> bool: v.dec_and_test()
    atomic_add_negative(i: int, v: Atomic) -> bool: v.add_negative(i)
    atomic_add_unless(v: Atomic, a: int, u: int) -> bool: v.add_unless(a, u)
    atomic_fetch_add_unless(v: Atomic, a: int, u: int) -> int: v.fetch_add_unless(a, u)
    atomic_inc_not_zero(v: Atomic) -> bool: v.inc_not_zero()
    atomic_inc_unless_negative(v: Atomic) -> bool: v.inc_unless_negative()
    atomic_dec_unless_positive(v: Atomic) -> bool: v.dec_unless_positive()
    atomic_dec_if_positive(v: Atomic) -> int: v.dec_if_positive()
    atomic_and(i: int, v: Atomic) -> None: v.and_(i)
    atomic_or(i: int, v: Atomic) -> None: v.or_(i)
    atomic_xor(i: int, v: Atomic) -> None: v.xor(i)
    atomic_andnot(i: int, v: Atomic) -> None: v.andnot(i)
    atomic_fetch_and(i: int, v: Atomic) -> int: v.fetch_and(i)
    atomic_fetch_or(i: int, v: Atomic) -> int: v.fetch_or(i)
    atomic_fetch_xor(i: int, v: Atomic) -> int: v.fetch_xor(i)
    atomic_fetch_andnot(i: int, v: Atomic) -> int: v.fetch_andnot(i)
    atomic_xchg(v: Atomic, new: int) -> int: v.xchg(new)
    atomic_cmpxchg(v: Atomic, old: int, new: int) -> int: v.cmpxchg(old, new)
    atomic_try_cmpxchg(v: Atomic, old: int, new: int) -> tuple[bool, int]: v.try_cmpxchg(old, new)
"""

SECTIONS = (
    Section("Spinlocks: SpinLock", f"""
    spinlock_t = SpinLock
    DEFINE_SPINLOCK(name: str | None = None) -> SpinLock: SpinLock(name)
    {SPIN}
    assert_spin_locked(lock: SpinLock) -> None: assert_held(lock)
    """),
    Section("Raw spinlocks: RawSpinLock", f"""
    raw_spinlock_t = RawSpinLock
    DEFINE_RAW_SPINLOCK(name: str | None = None) -> RawSpinLock: RawSpinLock(name)
    {SPIN.replace(" spin_", " raw_spin_").replace("SpinLock", "RawSpinLock")}
    """),
    Section("Reader/writer spinlocks: RWLock", """
    rwlock_t = RWLock
    DEFINE_RWLOCK(name: str | None = None) -> RWLock: RWLock(name)
    rwlock_init(lock: RWLock) -> None: RWLock.__init__(lock)
    read_lock(lock: RWLock) -> None: lock.read_lock()
    read_trylock(lock: RWLock) -> bool: lock.read_trylock()
    read_unlock(lock: RWLock) -> None: lock.read_unlock()
    read_lock_irq(lock: RWLock) -> None: lock.read_lock_irq()
    read_unlock_irq(lock: RWLock) -> None: lock.read_unlock_irq()
    read_lock_irqsave(lock: RWLock) -> bool: lock.read_lock_irqsave()
    read_unlock_irqrestore(lock: RWLock, flags: bool) -> None: lock.read_unlock_irqrestore(flags)
    read_lock_bh(lock: RWLock) -> None: lock.read_lock_bh()
    read_unlock_bh(lock: RWLock) -> None: lock.read_unlock_bh()
    write_lock(lock: RWLock) -> None: lock.write_lock()  # Take it for writing, waiting until it is free.
    write_lock_nested(lock: RWLock, subclass: int) -> None: lock.write_lock_nested(subclass)
    write_trylock(lock: RWLock) -> bool: lock.write_trylock()
    write_unlock(lock: RWLock) -> None: lock.write_unlock()
    write_lock_irq(lock: RWLock) -> None: lock.write_lock_irq()
    write_unlock_irq(lock: RWLock) -> None: lock.write_unlock_irq()
    write_lock_irqsave(lock: RWLock) -> bool: lock.write_lock_irqsave()
    write_unlock_irqrestore(lock: RWLock, flags: bool) -> None: lock.write_unlock_irqrestore(flags)
    write_lock_bh(lock: RWLock) -> None: lock.write_lock_bh()
    write_unlock_bh(lock: RWLock) -> None: lock.write_unlock_bh()
    """),
    Section("Mutexes: Mutex", """
    DEFINE_MUTEX(name: str | None = None) -> Mutex: Mutex(name)
    mutex_init(lock: Mutex) -> None: lock.init()
    mutex_destroy(lock: Mutex) -> None: lock.init()  # End the life of a mutex, which nobody should hold.
    mutex_lock(lock: Mutex) -> None: lock.lock()  # Lock the mutex, sleeping until it is free.
    mutex_lock_nested(lock: Mutex, subclass: int) -> None: lock.lock_nested(subclass)
    mutex_lock_nest_lock(lock: Mutex, nest: object) -> None: lock.lock_nest_lock(nest)
    mutex_lock_interruptible(lock: Mutex) -> int: status(lock.lock_interruptible)
    mutex_lock_killable(lock: Mutex) -> int: status(lock.lock_killable)
    mutex_lock_io(lock: Mutex) -> None: lock.lock()  # Lock the mutex, sleeping until it is free.
    mutex_trylock(lock: Mutex) -> bool: lock.trylock()
    mutex_unlock(lock: Mutex) -> None: lock.unlock()
    mutex_is_locked(lock: Mutex) -> bool: lock.is_locked()
    """),
    Section("Wound/wait mutexes: WWClass, AcquireContext, WWMutex", """
    ww_acquire_ctx = AcquireContext
    DEFINE_WW_CLASS(name: str) -> WWClass: WWClass(name)
    DEFINE_WD_CLASS(name: str) -> WWClass: WWClass(name, wait_die=True)
    ww_acquire_init(ctx: AcquireContext) -> None: ctx.init()
    ww_acquire_done(ctx: AcquireContext) -> None: ctx.done()
    ww_acquire_fini(ctx: AcquireContext) -> None: ctx.fini()
    ww_mutex_init(lock: WWMutex, cls: WWClass) -> None: WWMutex.__init__(lock, cls)
    ww_mutex_lock(lock: WWMutex, ctx: AcquireContext | None = None) -> int: lock.lock(ctx)
    ww_mutex_lock_interruptible(lock: WWMutex, ctx: AcquireContext) -> int: outcome(lock.lock_interruptible, ctx)
    ww_mutex_lock_slow(lock: WWMutex, ctx: AcquireContext) -> int: lock.lock_slow(ctx)
    ww_mutex_trylock(lock: WWMutex, ctx: AcquireContext | None = None) -> bool: lock.trylock(ctx)
    ww_mutex_unlock(lock: WWMutex) -> None: lock.unlock()
    ww_mutex_is_locked(lock: WWMutex) -> bool: lock.is_locked()
    """),
    Section("Reader/writer semaphores: RWSem", """
    DECLARE_RWSEM(name: str | None = None) -> RWSem: RWSem(name)
    init_rwsem(sem: RWSem) -> None: RWSem.__init__(sem)
    down_read(sem: RWSem) -> None: sem.down_read()
    down_read_nested(sem: RWSem, subclass: int) -> None: sem.down_read_nested(subclass)
    down_read_interruptible(sem: RWSem) -> int: status(sem.down_read_interruptible)
    down_read_killable(sem: RWSem) -> int: status(sem.down_read_killable)
    down_read_trylock(sem: RWSem) -> bool: sem.down_read_trylock()
    up_read(sem: RWSem) -> None: sem.up_read()
    down_write(sem: RWSem) -> None: sem.down_write()
    down_write_nested(sem: RWSem, subclass: int) -> None: sem.down_write_nested(subclass)
    down_write_nest_lock(sem: RWSem, nest: object) -> None: sem.down_write_nest_lock(nest)
    down_write_killable(sem: RWSem) -> int: status(sem.down_write_killable)
    down_write_trylock(sem: RWSem) -> bool: sem.down_write_trylock()
    up_write(sem: RWSem) -> None: sem.up_write()
    downgrade_write(sem: RWSem) -> None: sem.downgrade_write()
    rwsem_is_locked(sem: RWSem) -> bool: sem.is_locked()
    rwsem_is_contended(sem: RWSem) -> bool: sem.is_contended()
    """),
    Section("Per-CPU reader/writer semaphores: PercpuRWSem", """
    DEFINE_STATIC_PERCPU_RWSEM(name: str | None = None) -> PercpuRWSem: PercpuRWSem(name)
    percpu_init_rwsem(sem: PercpuRWSem) -> None: PercpuRWSem.__init__(sem)
    percpu_down_read(sem: PercpuRWSem) -> None: sem.down_read()
    percpu_down_read_trylock(sem: PercpuRWSem) -> bool: sem.down_read_trylock()
    percpu_up_read(sem: PercpuRWSem) -> None: sem.up_read()
    percpu_down_write(sem: PercpuRWSem) -> None: sem.down_write()
    percpu_up_write(sem: PercpuRWSem) -> None: sem.up_write()
    percpu_is_read_locked(sem: PercpuRWSem) -> bool: sem.is_read_locked()
    percpu_is_write_locked(sem: PercpuRWSem) -> bool: sem.is_write_locked()
    """),
    Section("Semaphores: Semaphore", """
    DEFINE_SEMAPHORE(name: str | None = None, n: int = 1) -> Semaphore: Semaphore(n, name)
    sema_init(sem: Semaphore, val: int) -> None: Semaphore.__init__(sem, val)
    down(sem: Semaphore) -> None: sem.down()
    down_interruptible(sem: Semaphore) -> int: status(sem.down_interruptible)
    down_killable(sem: Semaphore) -> int: status(sem.down_killable)
    down_trylock(sem: Semaphore) -> int: int(not sem.down_trylock())  # Take a unit if one is free; return 0, or else 1.
    down_timeout(sem: Semaphore, seconds: float) -> int: 0 if sem.down_timeout(seconds) else -ETIME
    up(sem: Semaphore) -> None: sem.up()
    """),
    Section("Completions: Completion", """
    DECLARE_COMPLETION(name: str | None = None) -> Completion: Completion(name)
    DECLARE_COMPLETION_ONSTACK(name: str | None = None) -> Completion: Completion(name)
    init_completion(x: Completion) -> None: x.reinit()
    reinit_completion(x: Completion) -> None: x.reinit()
    wait_for_completion(x: Completion) -> None: x.wait_for_completion()
    wait_for_completion_timeout(x: Completion, seconds: float) -> bool: x.wait_for_completion_timeout(seconds)
    wait_for_completion_interruptible(x: Completion) -> int: status(x.wait_for_completion_interruptible)
    wait_for_completion_killable(x: Completion) -> int: status(x.wait_for_completion_killable)
    wait_for_completion_interruptible_timeout(x: Completion, s: float) -> int: \
        outcome(x.wait_for_completion_interruptible_timeout, s)
    try_wait_for_completion(x: Completion) -> bool: x.try_wait_for_completion()
    completion_done(x: Completion) -> bool: x.done()
    complete(x: Completion) -> None: x.complete()
    complete_all(x: Completion) -> None: x.complete_all()
    """),
    Section("Sequence counts and locks: SeqCount, SeqLock, SeqCountLatch", """
    seqcount_t = SeqCount
    seqlock_t = SeqLock
    seqcount_latch_t = SeqCountLatch
    SEQCNT_ZERO(name: str | None = None) -> SeqCount: SeqCount(name)
    seqcount_init(s: SeqCount) -> None: SeqCount.__init__(s)
    seqlock_init(sl: SeqLock) -> None: SeqLock.__init__(sl)
    DEFINE_SEQLOCK(name: str | None = None) -> SeqLock: SeqLock(name)
    read_seqcount_begin(s: SeqCount) -> int: s.read_begin()
    raw_read_seqcount_begin(s: SeqCount) -> int: s.raw_read_begin()
    raw_seqcount_begin(s: SeqCount) -> int: s.raw_seqcount_begin()
    read_seqcount_retry(s: SeqCount, start: int) -> bool: s.read_retry(start)
    write_seqcount_begin(s: SeqCount) -> None: s.write_begin()
    write_seqcount_begin_nested(s: SeqCount, subclass: int) -> None: s.write_begin_nested(subclass)
    write_seqcount_end(s: SeqCount) -> None: s.write_end()
    write_seqcount_invalidate(s: SeqCount) -> None: s.write_invalidate()
    read_seqbegin(sl: SeqLock) -> int: sl.read_begin()
    read_seqretry(sl: SeqLock, start: int) -> bool: sl.read_retry(start)
    write_seqlock(sl: SeqLock) -> None: sl.write_seqlock()
    write_sequnlock(sl: SeqLock) -> None: sl.write_sequnlock()
    write_seqlock_bh(sl: SeqLock) -> None: sl.write_seqlock_bh()
    write_sequnlock_bh(sl: SeqLock) -> None: sl.write_sequnlock_bh()
    write_seqlock_irq(sl: SeqLock) -> None: sl.write_seqlock_irq()
    write_sequnlock_irq(sl: SeqLock) -> None: sl.write_sequnlock_irq()
    write_seqlock_irqsave(sl: SeqLock) -> bool: sl.write_seqlock_irqsave()
    write_sequnlock_irqrestore(sl: SeqLock, flags: bool) -> None: sl.write_sequnlock_irqrestore(flags)
    read_seqlock_excl(sl: SeqLock) -> None: sl.read_seqlock_excl()
    read_sequnlock_excl(sl: SeqLock) -> None: sl.read_sequnlock_excl()
    read_seqlock_excl_bh(sl: SeqLock) -> None: sl.read_seqlock_excl_bh()
    read_sequnlock_excl_bh(sl: SeqLock) -> None: sl.read_sequnlock_excl_bh()
    read_seqlock_excl_irq(sl: SeqLock) -> None: sl.read_seqlock_excl_irq()
    read_sequnlock_excl_irq(sl: SeqLock) -> None: sl.read_sequnlock_excl_irq()
    read_seqlock_excl_irqsave(sl: SeqLock) -> bool: sl.read_seqlock_excl_irqsave()
    read_sequnlock_excl_irqrestore(sl: SeqLock, flags: bool) -> None: sl.read_sequnlock_excl_irqrestore(flags)
    read_seqbegin_or_lock(sl: SeqLock, seq: int) -> int: sl.read_seqbegin_or_lock(seq)
    need_seqretry(sl: SeqLock, seq: int) -> bool: sl.need_seqretry(seq)
    done_seqretry(sl: SeqLock, seq: int) -> None: sl.done_seqretry(seq)
    read_seqcount_latch(s: SeqCountLatch) -> int: s.read_begin()
    read_seqcount_latch_retry(s: SeqCountLatch, start: int) -> bool: s.read_retry(start)
    write_seqcount_latch_begin(s: SeqCountLatch) -> None: s.write_begin()
    write_seqcount_latch(s: SeqCountLatch) -> None: s.write()
    raw_write_seqcount_latch(s: SeqCountLatch) -> None: s.write()
    write_seqcount_latch_end(s: SeqCountLatch) -> None: s.write_end()
    """),
    Section("Local locks: LocalLock", """
    local_lock_t = LocalLock
    local_lock_init(lock: LocalLock) -> None: LocalLock.__init__(lock)
    local_lock(lock: LocalLock) -> None: lock.local_lock()
    local_unlock(lock: LocalLock) -> None: lock.local_unlock()
    local_lock_irq(lock: LocalLock) -> None: lock.local_lock_irq()
    local_unlock_irq(lock: LocalLock) -> None: lock.local_unlock_irq()
    local_lock_irqsave(lock: LocalLock) -> bool: lock.local_lock_irqsave()
    local_unlock_irqrestore(lock: LocalLock, flags: bool) -> None: lock.local_unlock_irqrestore(flags)
    """),
    Section("RCU", """
    primitives.rcu: rcu_read_lock rcu_read_unlock rcu_read_lock_bh rcu_read_unlock_bh
    primitives.rcu: rcu_read_lock_sched rcu_read_unlock_sched
    primitives.rcu: rcu_read_lock_held rcu_read_lock_bh_held rcu_read_lock_sched_held rcu_read_lock_any_held
    primitives.rcu: rcu_dereference rcu_dereference_check rcu_dereference_bh rcu_dereference_sched
    primitives.rcu: rcu_dereference_protected rcu_access_pointer rcu_assign_pointer rcu_replace_pointer
    primitives.rcu: synchronize_rcu synchronize_rcu_expedited call_rcu rcu_barrier
    primitives.rcu: get_state_synchronize_rcu poll_state_synchronize_rcu cond_synchronize_rcu
    RCU_INIT_POINTER(p: RCUPointer[T], v: T) -> None: p.set(v)
    kfree_rcu(obj: object) -> None: call_rcu(id, obj)  # Keep an object until a grace period is over, then forget it.
    kfree_rcu_mightsleep(obj: object) -> None: synchronize_rcu()  # Wait until no reader can see an object any more.
    rcu_dereference_raw(p: AtomicRef[T]) -> T: p.read()  # Read a pointer without a check of who may.
    synchronize_sched() -> None: synchronize_rcu()
    synchronize_rcu_bh() -> None: synchronize_rcu()
    call_rcu_sched(func: Callable[..., object], *arguments: object) -> None: call_rcu(func, *arguments)
    call_rcu_bh(func: Callable[..., object], *arguments: object) -> None: call_rcu(func, *arguments)
    rcu_barrier_sched() -> None: rcu_barrier()
    rcu_barrier_bh() -> None: rcu_barrier()
    """),
    Section("RCU-protected lists: RCUList, under its lock", """
    list_add_rcu(value: T, head: RCUList[T]) -> Node[T]: head.add_locked(value)
    list_add_tail_rcu(value: T, head: RCUList[T]) -> Node[T]: head.add_tail_locked(value)
    list_del_rcu(node: Node[T], head: RCUList[T]) -> T: head.remove_locked(node)
    list_replace_rcu(old: Node[T], value: T, head: RCUList[T]) -> Node[T]: head.replace_locked(old, value)
    list_for_each_entry_rcu(head: RCUList[T]) -> Iterator[T]: iter(head)  # Iterate over the values, in a read section.
    list_first_or_null_rcu(head: RCUList[T]) -> T | None: next(iter(head), None)  # Return the first value, or None.
    hlist_add_head_rcu(value: T, head: RCUList[T]) -> Node[T]: head.add_locked(value)
    hlist_del_rcu(node: Node[T], head: RCUList[T]) -> T: head.remove_locked(node)
    hlist_for_each_entry_rcu(head: RCUList[T]) -> Iterator[T]: iter(head)  # Iterate over the values, in a read section.
    """),
    Section("SRCU: SRCU", """
    srcu_struct = SRCU
    DEFINE_SRCU(name: str | None = None) -> SRCU: SRCU(name)
    init_srcu_struct(ssp: SRCU) -> None: SRCU.__init__(ssp)
    srcu_read_lock(ssp: SRCU) -> int: ssp.read_lock()
    srcu_read_unlock(ssp: SRCU, idx: int) -> None: ssp.read_unlock(idx)
    srcu_read_lock_held(ssp: SRCU) -> bool: ssp.read_lock_held()
    srcu_down_read(ssp: SRCU) -> int: ssp.down_read()
    srcu_up_read(ssp: SRCU, idx: int) -> None: ssp.up_read(idx)
    srcu_dereference(p: AtomicRef[T], ssp: SRCU) -> T: ssp.dereference(p)
    srcu_dereference_check(p: AtomicRef[T], ssp: SRCU, c: object) -> T: ssp.dereference(p, c)
    synchronize_srcu(ssp: SRCU) -> None: ssp.synchronize()
    call_srcu(ssp: SRCU, func: Callable[..., object], *arguments: object) -> None: ssp.call(func, *arguments)
    srcu_barrier(ssp: SRCU) -> None: ssp.barrier()
    """),
    Section("Atomic numbers: Atomic, with 64 bits", ATOMIC),
    Section("Atomic numbers again: Atomic", ATOMIC.replace(" atomic_", " atomic64_").replace("ATOMIC_", "ATOMIC64_")),
    Section("And once more: Atomic", ATOMIC.replace(" atomic_", " atomic_long_").replace("ATOMIC_", "ATOMIC_LONG_")),
    Section("Reference counts: Refcount", """
    refcount_t = Refcount
    REFCOUNT_INIT(n: int) -> Refcount: Refcount(n)
    refcount_read(r: Refcount) -> int: r.read()
    refcount_set(r: Refcount, n: int) -> None: r.set(n)
    refcount_inc(r: Refcount) -> None: r.inc()
    refcount_add(i: int, r: Refcount) -> None: r.add(i)
    refcount_inc_not_zero(r: Refcount) -> bool: r.inc_not_zero()
    refcount_add_not_zero(i: int, r: Refcount) -> bool: r.add_not_zero(i)
    refcount_dec(r: Refcount) -> None: r.dec()
    refcount_dec_and_test(r: Refcount) -> bool: r.dec_and_test()
    refcount_sub_and_test(i: int, r: Refcount) -> bool: r.sub_and_test(i)
    refcount_dec_if_one(r: Refcount) -> bool: r.dec_if_one()
    refcount_dec_not_one(r: Refcount) -> bool: r.dec_not_one()
    refcount_dec_and_lock(r: Refcount, lock: SpinLock) -> bool: r.dec_and_lock(lock)
    refcount_dec_and_mutex_lock(r: Refcount, lock: Mutex) -> bool: r.dec_and_lock(lock)
    """),
    Section("References to an object: Kref", """
    kref_init(kref: Kref) -> None: kref.init()
    kref_read(kref: Kref) -> int: kref.read()
    kref_get(kref: Kref) -> None: kref.get()
    kref_get_unless_zero(kref: Kref) -> bool: kref.get_unless_zero()
    kref_put(kref: Kref, release: Callable[[Kref], object]) -> bool: kref.put(release)
    kref_put_mutex(kref: Kref, release: Callable[[Kref], object], mutex: Mutex) -> bool: kref.put_lock(release, mutex)
    kref_put_lock(kref: Kref, release: Callable[[Kref], object], lock: SpinLock) -> bool: kref.put_lock(release, lock)
    """),
    Section("Bits: AtomicFlags", """
    test_bit(nr: int, addr: AtomicFlags) -> bool: addr.test_bit(nr)
    set_bit(nr: int, addr: AtomicFlags) -> None: addr.set_bit(nr)
    clear_bit(nr: int, addr: AtomicFlags) -> None: addr.clear_bit(nr)
    change_bit(nr: int, addr: AtomicFlags) -> None: addr.change_bit(nr)
    test_and_set_bit(nr: int, addr: AtomicFlags) -> bool: addr.test_and_set_bit(nr)
    test_and_clear_bit(nr: int, addr: AtomicFlags) -> bool: addr.test_and_clear_bit(nr)
    test_and_change_bit(nr: int, addr: AtomicFlags) -> bool: addr.test_and_change_bit(nr)
    test_and_set_bit_lock(nr: int, addr: AtomicFlags) -> bool: addr.test_and_set_bit_lock(nr)
    clear_bit_unlock(nr: int, addr: AtomicFlags) -> None: addr.clear_bit_unlock(nr)
    find_first_bit(addr: AtomicFlags) -> int: addr.find_first_bit()
    find_first_zero_bit(addr: AtomicFlags) -> int: addr.find_first_zero_bit()
    bitmap_weight(addr: AtomicFlags) -> int: addr.weight()
    """),
    Section("Memory barriers", """
    primitives.barrier: READ_ONCE WRITE_ONCE smp_load_acquire smp_store_release smp_store_mb smp_mb smp_rmb smp_wmb
    primitives.barrier: smp_mb__before_atomic smp_mb__after_atomic
    mb() -> None: smp_mb()
    rmb() -> None: smp_rmb()
    wmb() -> None: smp_wmb()
    dma_rmb() -> None: smp_rmb()
    dma_wmb() -> None: smp_wmb()
    smp_mb__after_spinlock() -> None: smp_mb()
    smp_mb__after_unlock_lock() -> None: smp_mb()
    set_mb(cell: Atomic, value: int) -> None: smp_store_mb(cell, value)
    smp_read_barrier_depends() -> None: None  # Do nothing: a read through a pointer comes after that of the pointer.
    ACCESS_ONCE(cell: Atomic) -> int: READ_ONCE(cell)
    xchg(cell: Atomic, new: int) -> int: cell.xchg(new)
    cmpxchg(cell: Atomic, old: int, new: int) -> int: cell.cmpxchg(old, new)
    barrier() -> None: None  # Do nothing: the interpreter neither drops nor moves an access.
    read_barrier_depends() -> None: None  # Do nothing: a read through a pointer comes after the read of the pointer.
    """),
    Section("Context", """
    primitives.preempt: preempt_disable preempt_enable preempt_count preemptible
    primitives.preempt: in_atomic in_task in_interrupt in_hardirq in_softirq
    primitives.irq: local_irq_disable local_irq_enable local_irq_save local_irq_restore irqs_disabled
    primitives.irq: request_irq free_irq disable_irq disable_irq_nosync enable_irq synchronize_irq cpu_relax
    primitives.softirq: local_bh_disable local_bh_enable open_softirq raise_softirq
    in_irq() -> bool: in_hardirq()
    raise_softirq_irqoff(nr: int) -> None: raise_softirq(nr)
    preempt_enable_no_resched() -> None: preempt_enable()
    DECLARE_TASKLET(func: Callable[[], object]) -> Tasklet: Tasklet(func)
    tasklet_schedule(t: Tasklet) -> None: t.schedule()
    tasklet_hi_schedule(t: Tasklet) -> None: t.hi_schedule()
    tasklet_disable(t: Tasklet) -> None: t.disable_sync()
    tasklet_disable_nosync(t: Tasklet) -> None: t.disable()
    tasklet_enable(t: Tasklet) -> None: t.enable()
    tasklet_kill(t: Tasklet) -> None: t.kill()
    """),
    Section("Delays, in the units of their names", """
    primitives.kernel.delays: msleep ssleep usleep_range mdelay udelay cond_resched
    """),
    *(Section(title, rows) for title, rows in DEFERRED.items()),
    Section("Per-CPU data: PerCPU", """
    primitives.percpu: get_cpu put_cpu smp_processor_id this_cpu_read this_cpu_write this_cpu_add this_cpu_inc
    DEFINE_PER_CPU(initial: Any = 0) -> PerCPU[Any]: PerCPU(initial)
    this_cpu_dec(pcp: PerCPU[Any]) -> None: pcp.this_cpu_dec()
    this_cpu_xchg(pcp: PerCPU[T], new: T) -> T: pcp.this_cpu_xchg(new)
    per_cpu(var: PerCPU[T], cpu: int) -> T: var.per_cpu(cpu)
    this_cpu_sub(pcp: PerCPU[Any], val: Any) -> None: pcp.this_cpu_add(-val)
    raw_smp_processor_id() -> int: smp_processor_id()
    """),
    Section("lockdep", """
    lockdep_assert_held(lock: object) -> None: assert_held(lock)
    lockdep_assert_not_held(lock: object) -> None: assert_not_held(lock)
    lockdep_assert_held_write(lock: object) -> None: assert_held_write(lock)
    lockdep_assert_held_read(lock: object) -> None: assert_held_read(lock)
    lockdep_assert_held_once(lock: object) -> None: assert_held_once(lock)
    lockdep_assert_none_held_once() -> None: assert_none_held_once()
    lockdep_assert_irqs_enabled() -> None: assert_irqs_enabled()
    lockdep_assert_irqs_disabled() -> None: assert_irqs_disabled()
    lockdep_assert_in_irq() -> None: assert_in_irq()
    lockdep_assert_in_softirq() -> None: assert_in_softirq()
    lockdep_assert_preemption_enabled() -> None: assert_preemption_enabled()
    lockdep_assert_preemption_disabled() -> None: assert_preemption_disabled()
    lockdep_is_held(lock: object) -> int: is_held(lock)
    lockdep_set_class(lock: object, key: LockClassKey) -> None: set_class(lock, key)
    lockdep_set_class_and_name(lock: object, key: LockClassKey, name: str) -> None: set_class(lock, key, name)
    lockdep_set_subclass(lock: object, subclass: int) -> None: set_subclass(lock, subclass)
    lockdep_set_novalidate_class(lock: object) -> None: set_novalidate(lock)
    lockdep_set_notrack_class(lock: object) -> None: set_notrack(lock)
    lockdep_pin_lock(lock: object) -> int: pin(lock)
    lockdep_unpin_lock(lock: object, cookie: int) -> None: unpin(lock, cookie)
    debug_show_all_locks() -> None: show_all_locks()
    lockdep_off() -> None: off()
    lockdep_on() -> None: on()
    lockdep.assertions: might_sleep
    lockdep.annotations: might_lock might_lock_read might_lock_nested
    lock_map_acquire(map: LockMap) -> None: map.acquire()
    lock_map_acquire_read(map: LockMap) -> None: map.acquire_read()
    lock_map_acquire_try(map: LockMap) -> None: map.try_acquire()
    lock_map_release(map: LockMap) -> None: map.release()
    """),
)  # fmt: skip
