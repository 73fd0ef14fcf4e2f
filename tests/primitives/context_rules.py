"""What may be done where: the kernel's rules as a table of operations and a table of contexts, and the verdict that
follows from a row of each. Nothing here is taken from what lockdep answers.

The rules, and where they are written:

1. An operation that may sleep must not be reached in atomic context: with preemption, bottom halves or interrupts off,
   in a handler, under a lock that spins, in a read section of RCU (might_sleep; Documentation/locking/locktypes.rst).
2. A lock must not be waited for longer than the context allows: a raw spinlock and a hardirq handler allow SPIN;
   a spinlock, an rwlock, a local lock, a softirq, a handler that a real-time kernel runs in a thread, and a section of
   RCU or RCU-bh allow CONFIG; one of RCU-sched allows SPIN (check_wait_context; the wait types in lockdep_types.h).
   Where something is both, this rule is the one that is reported, since it names the lock or completion.
3. A try never waits, so it breaks none of these rules; nor do up(), complete(), call_rcu(), the reader of a seqlock and
   the beginning of a read section, which are allowed everywhere (semaphore.c, completion.c, checklist.rst of RCU).
4. A lock that is waited for in a handler must not be taken with this handler enabled elsewhere (lockdep-design.rst,
   "single-lock state rules"). Readers alone do not exclude each other.
5. A grace period must not be waited for in a read section that it waits for: any flavour of RCU for synchronize_rcu
   and rcu_barrier, any flavour and the same domain for synchronize_srcu (rcupdate.c, srcutree.c).
6. A timer's function must not be waited for in a hardirq handler, which may have interrupted it; but everywhere else,
   since the wait spins (timer_delete_sync). To set or delete a timer, to queue or cancel work and to wake are allowed
   everywhere; to flush work, to stop a thread and to wait for an event are waits that sleep (workqueue.c, wait.h).
7. Bottom halves must not be enabled with interrupts off, nor interrupts inside of a hardirq handler (softirq.c, rule
   of lockdep_hardirqs_on).

Python's signal handlers run in the main thread at any bytecode, but they may sleep, so only rule 4 is about them.
"""

from __future__ import annotations

from dataclasses import dataclass

from lockdep.wait_types import CONFIG, MAX, SLEEP, SPIN

CLEAN, SLEEPS, WAITS, UNSAFE, MISUSE = "clean", "sleep", "wait-context", "usage", "misuse"
NEVER = 0  # the wait type of what does not wait


@dataclass(frozen=True, slots=True)
class Operation:
    """One row of the matrix.

    wait         how long it may wait: NEVER, SPIN, CONFIG or SLEEP
    named        what it waits for is an object that the validator knows, a lock or a completion
    excludes     afterwards it keeps another one, that does the same with the same object, waiting
    masks        the handlers that it keeps out meanwhile
    grace        the read sections that it waits for: "rcu", "rcu srcu", or ""
    enables      what it switches on at its end, whatever there was before: "bh", "irq", or ""
    no_hardirq   it must not be done in a hardirq handler
    """

    wait: int = NEVER
    named: bool = False
    excludes: bool = False
    masks: tuple[str, ...] = ()
    grace: str = ""
    enables: str = ""
    no_hardirq: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """One column of the matrix.

    allows       the longest wait that a held lock or a handler leaves: MAX, SLEEP, CONFIG or SPIN
    atomic       nothing may sleep
    irqs_off     interrupts are off
    handler      "hardirq", "softirq", "signal", or "" for ordinary code
    section      "rcu" or "srcu" in a read section
    """

    allows: int = MAX
    atomic: bool = False
    irqs_off: bool = False
    handler: str = ""
    section: str = ""


def verdict(operation: Operation, context: Context, used_before: bool) -> str:
    """Return what is found first if this is done there.

    `used_before` says that ordinary code, with everything on, has done the same with the same object before.
    """
    if context.section and context.section in operation.grace.split():
        return MISUSE
    if operation.named and operation.wait > context.allows:
        return WAITS
    if operation.wait == SLEEP and context.atomic:
        return SLEEPS
    if used_before and operation.excludes and context.handler not in ("", *operation.masks):
        return UNSAFE
    if operation.no_hardirq and context.handler == "hardirq":
        return MISUSE
    if operation.enables == "bh" and context.irqs_off:
        return MISUSE
    if operation.enables == "irq" and context.handler == "hardirq":
        return MISUSE
    return CLEAN


def lock(wait: int, *masks: str, enables: str = "") -> Operation:
    return Operation(wait, named=True, excludes=True, masks=masks, enables=enables)


def readers(wait: int) -> Operation:
    return Operation(wait, named=True)


TRY = OPEN = Operation()
SLEEPER = Operation(SLEEP)
IRQS = ("hardirq", "softirq")

OPERATIONS = {
    "mutex_lock": lock(SLEEP),
    "mutex_lock_interruptible": lock(SLEEP),
    "mutex_trylock": TRY,
    "ww_mutex_lock": lock(SLEEP),
    "down_read": readers(SLEEP),
    "down_read_trylock": TRY,
    "down_write": lock(SLEEP),
    "down_write_trylock": TRY,
    "percpu_down_read": readers(SLEEP),
    "percpu_down_read_trylock": TRY,
    "percpu_down_write": lock(SLEEP),
    "down": lock(SLEEP),
    "down_trylock": TRY,
    "up": OPEN,
    "wait_for_completion": Operation(SLEEP, named=True),
    "try_wait_for_completion": TRY,
    "complete": OPEN,
    "spin_lock": lock(CONFIG),
    "spin_trylock": TRY,
    "spin_lock_irqsave": lock(CONFIG, *IRQS),
    "spin_lock_irq": lock(CONFIG, *IRQS, enables="irq"),
    "spin_lock_bh": lock(CONFIG, "softirq", enables="bh"),
    "raw_spin_lock": lock(SPIN),
    "read_lock": readers(CONFIG),
    "write_lock": lock(CONFIG),
    "write_trylock": TRY,
    "local_lock": lock(CONFIG),
    "read_seqbegin": OPEN,
    "write_seqlock": lock(CONFIG),
    "write_seqcount_begin": lock(NEVER),
    "rcu_read_lock": OPEN,
    "rcu_read_lock_bh": Operation(enables="bh"),
    "rcu_read_lock_sched": OPEN,
    "srcu_read_lock": OPEN,
    "synchronize_rcu": Operation(SLEEP, grace="rcu"),
    "synchronize_rcu_expedited": Operation(SLEEP, grace="rcu"),
    "rcu_barrier": Operation(SLEEP, grace="rcu"),
    "call_rcu": OPEN,
    "synchronize_srcu": Operation(SLEEP, grace="rcu srcu"),
    "threading.Lock": lock(SLEEP),
    "threading.RLock": Operation(SLEEP, named=True),  # an RLock lets its own thread in again
    "time.sleep": SLEEPER,
    "open": SLEEPER,
    "select.select": SLEEPER,
    "tasklet_disable": SLEEPER,
    "tasklet_disable_nosync": OPEN,
    "tasklet_kill": SLEEPER,
    "free_irq": SLEEPER,
    "synchronize_irq": SLEEPER,
    "disable_irq": SLEEPER,
    "disable_irq_nosync": OPEN,
    "mod_timer": OPEN,
    "timer_delete": OPEN,
    "timer_delete_sync": Operation(no_hardirq=True),
    "queue_work": OPEN,
    "schedule_delayed_work": OPEN,
    "cancel_work": OPEN,
    "flush_work": SLEEPER,
    "cancel_work_sync": SLEEPER,
    "cancel_delayed_work_sync": SLEEPER,
    "flush_workqueue": SLEEPER,
    "drain_workqueue": SLEEPER,
    "destroy_workqueue": SLEEPER,
    "kthread_run": SLEEPER,
    "kthread_stop": SLEEPER,
    "kthread_park": SLEEPER,
    "kthread_unpark": OPEN,
    "wait_event": SLEEPER,
    "wait_event_timeout": SLEEPER,
    "wake_up": OPEN,
    "wake_up_all": OPEN,
    "might_sleep": SLEEPER,
    "preempt_disable": OPEN,
    "local_irq_save": OPEN,
    "local_irq_disable": Operation(enables="irq"),
    "local_bh_disable": Operation(enables="bh"),
    "atomic_inc": OPEN,
}

CONTEXTS = {
    "task": Context(),
    "preemption off": Context(atomic=True),
    "get_cpu": Context(atomic=True),
    "irqs off": Context(atomic=True, irqs_off=True),
    "bh off": Context(atomic=True),
    "hardirq": Context(SPIN, atomic=True, irqs_off=True, handler="hardirq"),
    "threaded hardirq": Context(CONFIG, atomic=True, irqs_off=True, handler="hardirq"),
    "softirq": Context(CONFIG, atomic=True, handler="softirq"),
    "tasklet": Context(CONFIG, atomic=True, handler="softirq"),
    "timer": Context(CONFIG, atomic=True, handler="softirq"),
    "work": Context(),
    "kthread": Context(),
    "spin_lock": Context(CONFIG, atomic=True),
    "spin_lock_irqsave": Context(CONFIG, atomic=True, irqs_off=True),
    "spin_lock_bh": Context(CONFIG, atomic=True),
    "raw_spin_lock": Context(SPIN, atomic=True),
    "read_lock": Context(CONFIG, atomic=True),
    "write_lock": Context(CONFIG, atomic=True),
    "write_seqlock": Context(CONFIG, atomic=True),
    "local_lock": Context(CONFIG, atomic=True),
    "rcu_read_lock": Context(CONFIG, atomic=True, section="rcu"),
    "rcu_read_lock_bh": Context(CONFIG, atomic=True, section="rcu"),
    "rcu_read_lock_sched": Context(SPIN, atomic=True, section="rcu"),
    "srcu_read_lock": Context(section="srcu"),
    "mutex": Context(SLEEP),
    "down_read": Context(SLEEP),
    "down_write": Context(SLEEP),
    "signal handler": Context(handler="signal"),
}
