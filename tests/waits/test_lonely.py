"""A wait for a signal that only the waiting thread, or ended ones, gave before is a warning until another gives it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.waits.scenes import play

pytestmark = pytest.mark.scenes

PURE = pytest.mark.parametrize("pure", ["0", "1"])

PRELUDE = """
import time
import lockdep
mutex = threading.Lock()

class Message:
    def __init__(self):
        self.sent = threading.Event()

def in_thread(work, wait=30, daemon=True):
    thread = threading.Thread(target=work, name=work.__name__, daemon=daemon)
    thread.start()
    thread.join(wait)

def waits():
    return [thread.waits is not None for thread in lockdep.waiting().threads if thread.name == "network"]

def told():
    print([(one.slug, one.grade, "first" in str(one)) for one in lockdep.findings() if one.slug == "wait"])

"""

ITSELF = """
def network():
    first, second = Message(), Message()
    first.sent.set()
    second.sent.wait()

in_thread(network, wait=1.5)
told()
"""

IN_A_CALLBACK = """
def network():
    message = Message()
    with mutex:
        message.sent.wait(0.1)
    message.sent.set()

in_thread(network)
told()
"""

ENDED = """
import os
ready = threading.Event()
in_thread(ready.set)
ready.clear()
in_thread(lambda: ready.wait(), wait=1.5, daemon=False)
told()
import sys
sys.stdout.flush()
ready.set()
"""

WARNED = {"itself": ITSELF, "in a callback": IN_A_CALLBACK, "ended": ENDED}

SILENT = {
    "another thread has signalled one": ITSELF.replace(
        "in_thread(network", "in_thread(lambda: Message().sent.set())\nin_thread(network"
    )
    .replace("def network", "def network")
    .replace("Message(), Message()", "Message(), Message()"),
    "another thread ends the wait": ITSELF.replace("first, second =", "global second\n    first, second =").replace(
        "wait=1.5)", "wait=1.5)\nsecond.sent.set()"
    ),
    "another thread signals after the timeout": IN_A_CALLBACK.replace(
        "message.sent.set()", "in_thread(message.sent.set)"
    ),
    "nobody has signalled": ITSELF.replace("first.sent.set()", "pass"),
    "a signal handler": "import signal\nsignal.signal(signal.SIGALRM, lambda *_: None)\n" + ITSELF,
    "a daemon after ended ones": ENDED.replace("daemon=False", "daemon=True"),
    "a new thread each time": """
ready = threading.Event()
def main():
    for _ in range(3):
        threading.Timer(0.1, ready.set).start()
        ready.wait()
        ready.clear()

in_thread(main, daemon=False)
told()
""",
    "a pause under a lock": IN_A_CALLBACK.replace("    message.sent.set()\n", ""),
}


@PURE
@pytest.mark.parametrize("name", WARNED)
def test_a_wait_that_nobody_else_has_ever_ended_is_a_warning(tmp_path: Path, name: str, pure: str) -> None:
    done = play(tmp_path, PRELUDE + WARNED[name], pure, show_unmatched="1")

    assert (done.stdout, done.returncode) == ("[('wait', 'unmatched', False)]\n", 0), done.stderr
    assert "no other thread that runs has given this signal" in done.stderr


@PURE
@pytest.mark.parametrize("name", SILENT)
def test_a_wait_that_others_may_end_is_silent(tmp_path: Path, name: str, pure: str) -> None:
    done = play(tmp_path, PRELUDE + SILENT[name], pure)

    assert (done.stdout, done.returncode) == ("[]\n", 0), done.stderr
    assert " 0 errors, 0 warnings;" in done.stderr
