"""Findings as structlog events: their fields, and that writing them does not disturb the thread that caused them."""

import subprocess
import sys

import pytest
import structlog

import lockdep
from lockdep import fastpath, runtime
from tests.patience import PROGRAM_LIMIT
from tests.sourcetree import ROOT
from tests.worlds import Lock, five, found, in_thread, nest, world


class Recorder:
    """A logger that keeps the events, and the state of the thread that it is called in."""

    def __init__(self, action=lambda: None):
        self.events = []
        self.action = action

    def error(self, event, **fields):
        self.keep("error", event, fields)

    def warning(self, event, **fields):
        self.keep("warning", event, fields)

    def keep(self, level, event, fields):
        self.action()
        self.events.append((level, event, fields, fastpath.thread_state().busy))


def invert():
    """With classes of their own: what other threads take of the same class in other tests would be an excuse."""
    a, b = Lock("logged a"), Lock("logged b")
    nest(a, b)
    nest(b, a)


def test_a_finding_is_an_event_of_structlog():
    with world() as validator, structlog.testing.capture_logs() as events:
        end = lockdep.log_findings()
        try:
            invert()
        finally:
            end()
        (finding,) = validator.findings()
    assert events == [
        {
            "event": finding.title,
            "log_level": "error",
            "slug": "circular",
            "id": finding.id,
            "classes": finding.classes,
            "grade": "potential",
            "reason": finding.reason,
        }
    ]


def test_a_warning_is_logged_as_a_warning():
    recorder, lock = Recorder(), Lock()
    with world():
        end = lockdep.log_findings(recorder)
        with pytest.raises(RuntimeError):
            lock.release()
        end()
    assert [(level, fields["slug"]) for level, _, fields, _ in recorder.events] == [("warning", "release")]


def test_nothing_is_logged_after_the_end():
    recorder = Recorder()
    with world():
        lockdep.log_findings(recorder)()
        invert()
        assert found() == ["circular"]
    assert recorder.events == []


def test_events_are_written_in_another_thread_outside_of_the_validator():
    here, threads = fastpath.thread_state().serial, []
    recorder = Recorder(lambda: threads.append(fastpath.thread_state().serial))
    with world():
        end = lockdep.log_findings(recorder)
        invert()
        end()
    assert [busy for *_, busy in recorder.events] == [0]
    assert len(threads) == 1
    assert here not in threads


def test_a_logger_may_take_the_locks_of_the_finding():
    """The thread that causes the finding holds a, and the logger takes a. The thread goes on and releases it."""
    a, b, *_ = five()

    def takes_a():
        with a:
            pass

    recorder = Recorder(takes_a)
    with world():
        end = lockdep.log_findings(recorder)
        in_thread(lambda: nest(b, a))
        nest(a, b)
        end()
    assert len(recorder.events) == 1


def test_a_failing_logger_is_noted_and_does_not_disturb_the_program(capfd):
    def fail():
        raise OSError("disk full")

    with world():
        runtime.report_to(2)
        end = lockdep.log_findings(Recorder(fail))
        invert()
        assert found() == ["circular"]  # asked for before the end, so that what is seen has been judged
        end()
    assert "lockdep: a finding could not be logged: OSError('disk full')\n" in capfd.readouterr().err


PROGRAM = """
import os, structlog, lockdep, threading
structlog.configure(processors=[structlog.processors.JSONRenderer()])
lockdep.install()
lockdep.log_findings()
A = threading.Lock()
B = threading.Lock()
def invert():
    with A:
        with B: pass
    with B:
        with A: pass
{body}
"""


@pytest.mark.parametrize(
    "body",
    [
        "invert()",  # written at exit
        "child = os.fork()\nif child: os.waitpid(child, 0)\nelse: invert()",
    ],
    ids=["exit", "fork"],
)
def test_events_are_not_lost(body):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM.format(body=body)], cwd=ROOT, capture_output=True, text=True,
        timeout=PROGRAM_LIMIT,
    )  # fmt: skip
    assert done.stdout.count('"slug": "circular"') == 1, done.stderr
    assert done.returncode == 0


def test_structlog_is_imported_when_it_is_used():
    script = "import lockdep.live.event_log, sys; print('structlog' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=PROGRAM_LIMIT
    )
    assert done.stdout == "False\n", done.stderr
