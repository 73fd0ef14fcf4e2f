"""The examples of the primitives print their lesson, the same on both builds, and lockdep finds what they show."""

from __future__ import annotations

import pytest

from tests.examples.test_examples import run, titles
from tests.sourcetree import ROOT

FOLDER = ROOT / "examples" / "primitives"
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
barriers             possible flag/data   forbidden
none                 0/0 0/1 1/0 1/1      -
wmb alone            0/0 0/1 1/0 1/1      -
rmb alone            0/0 0/1 1/0 1/1      -
wmb and rmb          0/0 0/1 1/1          1/0
mb and mb            0/0 0/1 1/1          1/0
release and acquire  0/0 0/1 1/1          1/0
10000 messages by smp_store_release and smp_load_acquire: 0 were old when their flag was seen
""",
}
SHOWN = {  # the findings that an example shows; the others have none
    "01_softirq_lock.py": ["inconsistent lock state"],
    "05_parent_child.py": [
        "possible recursive locking detected",
        "possible circular locking dependency detected",
    ],
}


def test_every_example_is_listed() -> None:
    assert sorted(path.name for path in FOLDER.glob("*.py")) == sorted(PRINTED)


@pytest.mark.parametrize("name", PRINTED)
def test_the_docstring_names_the_command(name: str) -> None:
    assert f"\n    python examples/primitives/{name}\n" in (FOLDER / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("pure", ["0", "1"], ids=["built", "pure"])
@pytest.mark.parametrize("name", PRINTED)
def test_an_example_prints_its_lesson(name: str, pure: str) -> None:
    done = run(FOLDER / name, pure)

    assert "Traceback" not in done.err
    assert titles(done.err) == SHOWN.get(name, [])
    assert name in SHOWN or done.err == ""
    assert done.out == PRINTED[name].lstrip("\n")
    assert done.status == 0


@pytest.mark.parametrize("pure", ["0", "1"], ids=["built", "pure"])
@pytest.mark.parametrize("name", PRINTED)
def test_lockdep_finds_what_the_example_shows_and_nothing_else(name: str, pure: str) -> None:
    done = run(FOLDER / name, pure, "-m", "lockdep", "run")

    shown = SHOWN.get(name, [])
    assert "Traceback" not in done.err
    assert titles(done.err) == shown
    assert f" {len(shown)} error{'s' * (len(shown) != 1)}, 0 warnings;" in done.err.splitlines()[-1]
    assert done.out == PRINTED[name].lstrip("\n")
    assert done.status == (66 if shown else 0)
