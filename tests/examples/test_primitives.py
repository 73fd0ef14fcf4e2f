"""The examples of the primitives print their lesson, the same on both builds, and lockdep finds what they show."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.examples.test_examples import Done, run, titles
from tests.sourcetree import ROOT

FOLDER = ROOT / "examples" / "primitives"
ATOMIC = "sleeping function called from invalid context"
MEASURED = re.compile(r" *[0-9.]+ (us|ms)\b")
PRINTED = {
    "01_softirq_lock.py": """
with bottom halves on:
  took a frame, now 0 in the queue
  lockdep: inconsistent lock state (rx_queue)
  findings: 1
with bottom halves off:
  a frame comes while the lock is held: 1 in the queue, the softirq waits
  took a frame, now 1 in the queue
  findings: 0
""",
    "02_rcu_routes.py": """
a new reader: 10.1.2.3 by eth2
the reader inside: version 1, 10.1.2.3 by eth1, freed: []
after the grace period: freed: [1]
2000 look-ups beside 20 updates: version 22, freed: 21
""",
    "03_seqlock_clock.py": """
no seqlock, 10 reads: 10 torn pairs
seqlock, 10 reads: 0 torn pairs, 10 retries
beside 10000 ticks: 0 torn pairs, back in time 0 times, at the end (10020, 10020)
""",
    "04_connection_pool.py": """
3 clients have borrowed: 0 units free
a fourth one, timeout 0: all connections are in use
a fourth one, timeout 0.01: all connections are in use
when one was given back: served, 0 units free
8 clients: 40 queries, 40 alone on their connection; 3 units free
""",
    "05_parent_child.py": """
unannotated: possible recursive locking detected
annotated: no finding
annotated, then upside down: possible circular locking dependency detected
""",
    "06_cache.py": """
careless: found 'freed', findings ['refcount_t: addition on 0; use-after-free.']
right: found '1', findings []
pages [0, 0, 0, 0, 0, 0, 0, 0]: 8 gets, 1 loads, 1 at once
pages [1, 2, 3, 4, 5, 6]: 14 gets, 7 loads, 2 at once
pages 0, 7, 8: 9 loads, there are 7, page 0 is one: True
""",
    "07_writer_starvation.py": """
readers first: 5 of 5 readers got in past the waiting writer
  reader, reader, reader, reader, reader, writer
queued: 0 of 5 readers got in past the waiting writer
  writer, reader, reader, reader, reader, reader
""",
    "08_message_passing.py": """
writer: WRITE_ONCE(data, 1); ... WRITE_ONCE(flag, 1);
reader: while (!READ_ONCE(flag)) cpu_relax(); ... r0 = READ_ONCE(data);
barriers               possible data  forbidden
none                   0 1            -
barrier(), barrier()   0 1            -
smp_wmb() alone        0 1            -
smp_rmb() alone        0 1            -
smp_wmb(), smp_rmb()   1              0
smp_mb(), smp_mb()     1              0
release and acquire    1              0
10000 messages by smp_store_release and smp_load_acquire: 0 were old when their flag was seen
""",
    "09_kernel_listing.py": """
devices: ['eth1'], budget 4, findings: []
devices: ['eth2', 'eth1'], budget 1, findings: ['Invalid wait context (budget_lock)']
""",
    "10_deferred_work.py": """
waiting under the mutex:
  read 20 degrees, still polled: False
  lockdep: possible circular locking dependency detected
  lockdep: possible circular locking dependency detected
  findings: 2
waiting after it:
  read 20 degrees, still polled: False
  findings: 0
""",
    "11_irqsave.py": """
lock_irq() in a function that is called with interrupts off:
  after the note, the port still locked: interrupts are on
  log ['reset', 'done'], interrupts at the end are on
  lockdep: inconsistent lock state (first lock)
  findings: 1
lock_irqsave():
  after the note, the port still locked: interrupts are off
  log ['reset', 'done'], interrupts at the end are on
  findings: 0
""",
    "12_sleep_in_atomic.py": """
wrong: ['A', 'B']
  lockdep: sleeping function called from invalid context
  lockdep: Invalid wait context
  lockdep: sleeping function called from invalid context
  lockdep: sleeping function called from invalid context
  findings: 4
right: ['A', 'B']
  findings: 0
""",
    "13_downgrade.py": """
refresh_with_a_gap: I read "the other's"
  findings: 0, at the end "the other's"
refresh: I read 'mine'
  findings: 0, at the end "the other's"
refresh_and_sign: I read 'mine, signed'
  lockdep: assert_held_write failed
  findings: 1, at the end "the other's"
sign_and_refresh: I read 'mine, signed'
  findings: 0, at the end "the other's"
""",
    "14_srcu.py": """
classic RCU: hello, unloaded leave, ['greet'] left
  lockdep: Invalid wait context (classic RCU settings_lock, rcu_read_lock)
  findings: 1
waiting: hello, unloaded leave, ['greet'] left
  lockdep: possible circular locking dependency detected (waiting sections, waiting settings_lock)
  findings: 1
right: hello, unloaded leave, ['greet'] left
  findings: 0
""",
    "15_wound_wait.py": """
without_context:
  lockdep: possible recursive locking detected (without_context_mutex)
  findings: 1, balances 10 and 10
two_transactions:
  the younger backs off
  findings: 0, balances 10 and 10
by_lock_all:
  findings: 0, balances 10 and 10
""",
    "16_shared_table.py": """
careless: the session that was found is of None
  lockdep: refcount_t: addition on 0; use-after-free.
  lockdep: refcount_t: underflow; use-after-free.
  findings: 2
right: the session that was found is of user 1
  findings: 0
busy: all that were made are freed: True, used after the end: False
""",
    "17_mutex_or_spinlock.py": """
held for   the waiter   late         CPU
 # us    sleeps # us # us
 # us    spins # us # us
 # us    sleeps # us # us
 # us    spins # us # us
 # us    sleeps # us # us
 # us    spins # us # us
SpinLock, held while asleep: findings ['sleeping function called from invalid context']
Mutex, held while asleep: findings []
""",
}
SHOWN = {  # the findings that an example shows; the others have none
    "01_softirq_lock.py": ["inconsistent lock state"],
    "05_parent_child.py": [
        "possible recursive locking detected",
        "possible circular locking dependency detected",
    ],
    "06_cache.py": ["refcount_t: addition on 0; use-after-free."],
    "09_kernel_listing.py": ["Invalid wait context"],
    "10_deferred_work.py": ["possible circular locking dependency detected"] * 2,
    "11_irqsave.py": ["inconsistent lock state"],
    "12_sleep_in_atomic.py": [ATOMIC, "Invalid wait context", ATOMIC, ATOMIC],
    "13_downgrade.py": ["assert_held_write failed"],
    "14_srcu.py": ["Invalid wait context", "possible circular locking dependency detected"],
    "15_wound_wait.py": ["possible recursive locking detected"],
    "16_shared_table.py": ["refcount_t: addition on 0; use-after-free.", "refcount_t: underflow; use-after-free."],
    "17_mutex_or_spinlock.py": [ATOMIC],
}


def test_every_example_is_listed() -> None:
    assert sorted(path.name for path in FOLDER.glob("*.py")) == sorted(PRINTED)


@pytest.mark.parametrize("name", PRINTED)
def test_the_docstring_names_the_command(name: str) -> None:
    assert f"\n    python examples/primitives/{name}\n" in (FOLDER / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("pure", ["0", "1"], ids=["built", "pure"])
@pytest.mark.parametrize("name", PRINTED)
def test_an_example_prints_its_lesson_and_lockdep_finds_what_it_shows_and_nothing_else(name: str, pure: str) -> None:
    check(FOLDER / name, pure, PRINTED[name], SHOWN.get(name, []))


def check(example: Path, pure: str, printed: str, shown: list[str]) -> None:
    """Run an example: under `lockdep run` on the compiled build, and as its docstring says on the pure one."""
    done = run(example, pure, *(() if pure == "1" else ("-m", "lockdep", "run")))

    assert "Traceback" not in done.err
    assert titles(done.err) == shown
    assert MEASURED.sub(r" # \1", done.out) == printed.lstrip("\n")
    if pure == "1":
        assert shown or done.err == ""
        assert done.status == 0
    else:
        check_summary(done, len(shown))


def check_summary(done: Done, errors: int) -> None:
    assert f" {errors} error{'s' * (errors != 1)}, 0 warnings;" in done.err.splitlines()[-1]
    assert done.status == (66 if errors else 0)
