"""The timeline of `lockdep run --trace`: the last waits and holds, each with its thread and times."""

import json
import os
import subprocess
import sys
import time

import pytest

from lockdep.live import timeline
from tests.patience import PROGRAM_LIMIT
from tests.sourcetree import ROOT
from tests.worlds import Lock, in_thread, world

PROGRAM = """
import threading, time
busy = threading.Lock()
def take():
    with busy: pass
with busy:
    thread = threading.Thread(target=take, name="waiter")
    thread.start()
    time.sleep(0.2)
thread.join()
"""


@pytest.fixture
def recording():
    """Record a few events with an isolated validator."""
    with world():
        timeline.start(events=8)
        yield
        timeline.stop()
        timeline.lock_stat.stop()
        timeline.lock_stat.clear()


def run(folder, *options):
    (folder / "prog.py").write_text(PROGRAM)
    env = {name: value for name, value in os.environ.items() if name != "LOCKDEP_OPTIONS"} | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "lockdep", "run", *options, "prog.py"]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=PROGRAM_LIMIT)


def events_of(path):
    """Return the spans of the lock under test by (category, thread name), and all events."""
    events = json.loads(path.read_text())["traceEvents"]
    threads = {event["tid"]: event["args"]["name"] for event in events if event["name"] == "thread_name"}
    spans = {}
    for event in events:
        if event["ph"] == "X" and event["args"]["lock"] == "prog.py:3 busy":
            spans.setdefault((event["cat"], threads[event["tid"]]), []).append(event)
    return spans, events


def test_a_wait_lies_within_the_hold_that_it_waits_for(tmp_path):
    done = run(tmp_path, "--trace", "trace.json")
    assert (done.stdout, done.returncode) == ("", 0)
    spans, events = events_of(tmp_path / "trace.json")
    assert sorted(spans) == [("hold", "MainThread"), ("hold", "waiter"), ("wait", "waiter")]
    (hold,), (wait,), (after,) = spans["hold", "MainThread"], spans["wait", "waiter"], spans["hold", "waiter"]
    assert hold["ts"] < wait["ts"]
    assert hold["dur"] >= 200_000  # microseconds
    assert hold["ts"] + hold["dur"] <= wait["ts"] + wait["dur"]  # the wait ends when the hold has ended
    assert wait["ts"] + wait["dur"] <= after["ts"]
    assert all(event["ph"] in "XMsf" and event["pid"] == events[0]["pid"] for event in events)
    ends = {hold["tid"]: hold["ts"] + hold["dur"], wait["tid"]: wait["ts"] + wait["dur"]}
    arrows = [event for event in events if event["name"] == "hands over"]  # those of locks of threading, too
    arrow = [one for one in arrows if abs(one["ts"] - ends.get(one["tid"], 0)) < 0.01]
    assert [(one["ph"], one["tid"], one["id"]) for one in arrow] == [
        ("s", hold["tid"], arrow[0]["id"]),
        ("f", wait["tid"], arrow[0]["id"]),
    ]
    assert [event["args"]["name"] for event in events if event["name"] == "process_name"] == ["prog.py"]


def test_a_trace_that_cannot_be_written_is_one_line(tmp_path):
    done = run(tmp_path, "--trace", "none/trace.json")
    assert done.returncode == 2
    assert done.stderr.splitlines()[0].startswith("lockdep: error: cannot write the trace to none/trace.json: ")
    assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("recording")
def test_the_last_events_are_kept():
    first, second = Lock(), Lock()
    for lock in [first] * 20 + [second] * 8:
        with lock:
            pass
    events = timeline.stop()
    assert len(events) == 8
    assert {number for _, number, *_ in events} == {second.entry.tally.number}
    assert [begin for *_, begin, _ in events] == sorted(begin for *_, begin, _ in events)


@pytest.mark.usefixtures("recording")
def test_times_are_those_of_the_clock_and_threads_are_told_apart():
    apart = 1_000_000_000  # ns that the fast clock may have drifted from the monotonic one in a long test run
    lock = Lock()
    before = time.monotonic_ns()
    with lock:
        time.sleep(0.01)
    in_thread(lambda: lock.acquire() and lock.release())
    after = time.monotonic_ns()
    first, second = [event for event in timeline.stop() if event[1] == lock.entry.tally.number]
    assert (first[0], second[0]) == (0, 0)  # nobody waited
    assert before - apart <= first[3] <= first[4] - 9_900_000 < second[3] <= second[4] <= after + apart
    assert first[2] != second[2]


@pytest.mark.usefixtures("recording")
def test_nothing_is_recorded_unless_asked():
    timeline.stop()
    with Lock():
        pass
    assert timeline.stop() == []
