"""A thread that waits for a coroutine in the event loop which it runs itself is reported."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.waits.scenes import play

pytestmark = pytest.mark.scenes

PURE = pytest.mark.parametrize("pure", ["0", "1"])

# Nothing makes a thread here.
OWN = """
import asyncio, lockdep

async def other():
    return 1

async def main():
    future = asyncio.run_coroutine_threadsafe(other(), asyncio.get_running_loop())
    try:
        future.result(0.1)
    except TimeoutError:
        print("late")

asyncio.run(main())
print([(one.slug, one.grade) for one in lockdep.findings()])
"""

OTHERS = """
import asyncio, lockdep

async def other():
    await asyncio.sleep(0.1)
    return 1

loop = asyncio.new_event_loop()
thread = threading.Thread(target=loop.run_forever)
thread.start()

async def main():
    print(asyncio.run_coroutine_threadsafe(other(), loop).result())
    future = asyncio.run_coroutine_threadsafe(other(), asyncio.get_running_loop())
    print(await asyncio.wrap_future(future))

asyncio.run(main())
loop.call_soon_threadsafe(loop.stop)
thread.join()
print([(one.slug, one.grade) for one in lockdep.findings()])
"""


@PURE
def test_a_wait_for_the_own_loop_is_a_stall_if_it_has_a_timeout(tmp_path: Path, pure: str) -> None:
    done = play(tmp_path, OWN, pure)

    assert (done.stdout, done.returncode) == ("late\n[('loop', 'stall')]\n", 0), done.stderr


@PURE
def test_a_wait_for_the_own_loop_is_refused_before_it_begins(tmp_path: Path, pure: str) -> None:
    scene = OWN.replace("result(0.1)", "result()").replace("TimeoutError", "lockdep.DeadlockError")

    done = play(tmp_path, scene, pure, raise_on_deadlock="1")

    assert (done.stdout, done.returncode) == ("late\n[('loop', 'certain')]\n", 66), done.stderr


@PURE
def test_waits_for_other_loops_and_in_tasks_are_silent(tmp_path: Path, pure: str) -> None:
    done = play(tmp_path, OTHERS, pure)

    assert (done.stdout, done.returncode) == ("1\n1\n[]\n", 0), done.stderr


# -- other waits that stop the loop

ALONE = """
import asyncio, os, queue, signal, time, lockdep

reader, writer = os.pipe()

def interrupt_twice():
    me = os.getpid()
    if os.fork() == 0:
        os.read(reader, 1)  # by then, asyncio's handler is there
        for pause in (1, 0.3):
            time.sleep(pause)
            os.kill(me, signal.SIGINT)
        os._exit(0)

async def main():
    loop = asyncio.get_running_loop()
    event, items, condition = threading.Event(), queue.Queue(1), threading.Condition()
    os.write(writer, b"1")
    WAITS

def signals(condition):
    with condition:
        condition.notify()

def waits(condition):
    with condition:
        condition.wait()

interrupt_twice()
try:
    asyncio.run(main())
except KeyboardInterrupt:
    print("interrupted")
os.wait()
print([(one.slug, one.grade) for one in lockdep.findings()])
"""

STOPS = {
    "an event": "loop.call_soon(event.set); event.wait()",
    "an event, again and again": "loop.call_soon(event.set)\n    while not event.wait(0.05): pass",
    "an item": "loop.call_soon(items.put, 1); items.get()",
    "room": "items.put(1); loop.call_soon(items.get); items.put(2)",
    "a condition": "loop.call_soon(signals, condition); waits(condition)",
    "an event in a callback": "loop.call_later(0.1, event.set); loop.call_soon(event.wait); await asyncio.sleep(9)",
}


@PURE
@pytest.mark.parametrize("name", STOPS)
def test_a_wait_of_the_only_thread_that_stops_its_loop_is_a_warning(tmp_path: Path, name: str, pure: str) -> None:
    done = play(tmp_path, ALONE.replace("WAITS", STOPS[name]), pure)

    assert done.stdout == "interrupted\n[('wait', 'unmatched')]\n", done.stderr
    assert "stands still until the wait ends" in " ".join(done.stderr.split())


GOES_ON = {
    "a worker signals": "await loop.run_in_executor(None, bool); loop.run_in_executor(None, event.set); event.wait()",
    "a first worker signals": "loop.run_in_executor(None, event.set); event.wait()",
    "a thread puts": "threading.Timer(0.2, items.put, [1]).start(); items.get()",
    "there is a timeout": "loop.call_soon(event.set); event.wait(0.1); items.put(1); items.get()",
    "it was set before": "loop.call_soon(event.set); await asyncio.sleep(0.1); event.wait()",
    "the task awaits": "queued = asyncio.Queue(); loop.call_soon(queued.put_nowait, 1); await queued.get()",
}


@PURE
@pytest.mark.parametrize("name", GOES_ON)
def test_a_wait_in_a_loop_that_others_end_is_silent(tmp_path: Path, name: str, pure: str) -> None:
    scene = ALONE.replace("WAITS", GOES_ON[name]).replace("interrupt_twice()\n", "").replace("os.wait()\n", "")
    done = play(tmp_path, scene.replace("def interrupt_twice():", "def never():"), pure)

    assert (done.stdout, done.returncode) == ("[]\n", 0), done.stderr


BESIDE = {
    "a handler of the program": "import signal\nsignal.signal(signal.SIGALRM, lambda *_: 1 / 0)\n"
    "import asyncio\nasync def main():\n"
    "    signal.setitimer(signal.ITIMER_REAL, 0.5)\n    threading.Event().wait()\n"
    "try: asyncio.run(main())\nexcept ZeroDivisionError: pass",
    "no loop": "import os, signal, time\nme = os.getpid()\nif os.fork() == 0:\n"
    "    time.sleep(1); os.kill(me, 2); os._exit(0)\n"
    "try: threading.Event().wait()\nexcept KeyboardInterrupt: pass\nos.wait()",
}


@PURE
@pytest.mark.parametrize("name", BESIDE)
def test_a_wait_that_a_handler_may_end_or_outside_a_loop_is_silent(tmp_path: Path, name: str, pure: str) -> None:
    done = play(tmp_path, BESIDE[name] + "\nimport lockdep\nprint(lockdep.findings())", pure)

    assert (done.stdout, done.returncode) == ("()\n", 0), done.stderr


WITH_OTHERS = """
import asyncio, queue, time, lockdep
items = queue.Queue()

async def main():
    loop = asyncio.get_running_loop()
    loop.call_soon(items.put, 1)
    await asyncio.sleep(0.01)
    items.get()
    loop.call_soon(items.put, 2)
    items.get()

FIRST
thread = threading.Thread(target=lambda: asyncio.run(main()), daemon=True)
thread.start()
thread.join(1.5)
print([(one.slug, one.grade) for one in lockdep.findings()])
items.put(3)
thread.join()
print([(one.slug, one.grade) for one in lockdep.findings()])
"""


@PURE
def test_a_wait_for_items_that_only_the_loop_has_put_is_a_warning_until_another_thread_puts(
    tmp_path: Path, pure: str
) -> None:
    done = play(tmp_path, WITH_OTHERS.replace("FIRST", ""), pure)

    assert done.stdout == "[('wait', 'unmatched')]\n[]\n", done.stderr


@PURE
def test_a_wait_for_items_that_another_thread_has_put_before_is_silent(tmp_path: Path, pure: str) -> None:
    done = play(tmp_path, WITH_OTHERS.replace("FIRST", "run(lambda: items.put(0)); items.get()"), pure)

    assert done.stdout == "['well']\n[]\n[]\n", done.stderr
