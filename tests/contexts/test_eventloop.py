"""Locks of threads in tasks of an event loop: held across an await, and not."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

import lockdep
from lockdep.fastpath import thread_state
from tests.worlds import PLAIN, found, in_thread, patched_world, program


@pytest.fixture(autouse=True)
def validator() -> Iterator[lockdep.Validator]:
    with patched_world() as chosen:
        yield chosen
        assert thread_state().held() == []
    assert chosen.failures == 0, chosen.book.failure


def run(work: Callable[[], Coroutine[Any, Any, object]]) -> None:
    asyncio.run(work())


async def pause() -> None:
    await asyncio.sleep(0)


@pytest.mark.parametrize("kind", ["Lock", "RLock", "Condition"])
def test_a_lock_that_is_held_across_an_await_is_found(kind: str) -> None:
    lock = getattr(threading, kind)()

    async def work() -> None:
        with lock:
            await pause()

    run(work)
    assert found() == ["await"]


def test_the_report_says_where_it_was_taken_and_where_the_task_awaits() -> None:
    lock = threading.Lock()

    async def inner() -> None:
        await pause()

    async def outer() -> None:
        with lock:
            await inner()

    run(outer)
    text = str(lockdep.findings()[0])
    assert "with lock:" in text.partition("taken at:")[2].splitlines()[2]
    awaits = text.partition("the task awaits at:")[2].partition("Possible")[0]
    assert awaits.index("pause") < awaits.index("inner") < awaits.index("outer")


def test_it_is_found_on_the_loop_of_another_thread() -> None:
    lock = threading.Lock()

    async def work() -> None:
        with lock:
            await pause()

    in_thread(lambda: run(work))
    assert found() == ["await"]


def test_it_is_found_in_an_async_context_manager_and_an_async_generator() -> None:
    lock, other = threading.Lock(), threading.Lock()

    @asynccontextmanager
    async def holding() -> AsyncIterator[None]:
        with lock:
            yield

    async def steps() -> AsyncIterator[int]:
        with other:
            yield 1
            await pause()

    async def work() -> None:
        async with holding():
            await pause()
        async for _ in steps():
            await pause()

    run(work)
    assert found() == ["await", "await"]


def test_it_is_one_finding_however_often_it_happens() -> None:
    lock = threading.Lock()

    async def work() -> None:
        for _ in range(3):
            with lock:
                await pause()
                await pause()
            await pause()

    run(work)
    assert [finding.count for finding in lockdep.findings()] == [3]


def test_an_await_that_does_not_wait_is_silent() -> None:
    lock = threading.Lock()

    async def nothing() -> None: ...

    async def work() -> None:
        with lock:
            await nothing()

    run(work)
    assert found() == []


def test_a_lock_that_is_released_before_the_await_is_silent() -> None:
    lock = threading.Lock()

    async def work() -> None:
        with lock:
            pass
        await pause()
        with lock:
            pass

    run(work)
    assert found() == []


def test_a_lock_of_asyncio_is_silent() -> None:
    async def work() -> None:
        async with asyncio.Lock():
            await pause()

    run(work)
    assert found() == []


def test_a_lock_that_is_held_around_the_whole_loop_is_silent() -> None:
    with threading.Lock():
        run(pause)
    assert found() == []


def test_a_callback_that_is_no_task_may_leave_the_release_to_others() -> None:
    lock = threading.Lock()

    async def work() -> None:
        loop = asyncio.get_running_loop()
        loop.call_soon(lock.acquire)
        await pause()
        loop.call_soon(lock.release)
        await pause()

    run(work)
    assert found() == []


def test_a_lock_that_a_worker_thread_holds_meanwhile_is_silent() -> None:
    lock = threading.Lock()

    def use() -> None:
        with lock:
            pass

    async def work() -> None:
        await asyncio.gather(*(asyncio.to_thread(use) for _ in range(3)))

    run(work)
    assert found() == []


# -- other loops


OTHERS = """
import sys, threading

lock, safe = threading.Lock(), threading.Lock()

async def work(sleep):
    with lock:
        await sleep(0)
    with safe:
        pass
    await sleep(0)
    with safe:
        pass

async def both(sleep):
    with safe:
        held = 1
    await work(sleep)
    safe.acquire()
    safe.release()

async def well(sleep):
    for _ in range(3):
        with safe:
            pass
        await sleep(0)

which, function = sys.argv[1], {"bug": both, "twin": well}[sys.argv[2]]
if which == "trio":
    import trio
    trio.run(function, trio.sleep)
elif which == "guest":
    import asyncio, trio
    async def host():
        done = asyncio.get_running_loop().create_future()
        trio.lowlevel.start_guest_run(
            function, trio.sleep,
            run_sync_soon_threadsafe=asyncio.get_running_loop().call_soon_threadsafe,
            done_callback=done.set_result)
        (await done).unwrap()
    asyncio.run(host())
elif which == "uvloop":
    import asyncio, uvloop
    uvloop.run(function(asyncio.sleep))
else:
    import anyio
    anyio.run(function, anyio.sleep, backend=which.partition("-")[2])
import lockdep
print(*(f"{finding.slug} {finding.count}" for finding in lockdep.findings()))
"""


@pytest.mark.parametrize("which", ["trio", "guest", "uvloop", "anyio-trio", "anyio-asyncio"])
def test_other_loops_are_followed_too(tmp_path: Path, which: str) -> None:
    for package in which.replace("guest", "trio").split("-"):
        pytest.importorskip(package)
    for function, told in ("bug", ["await 1"]), ("twin", [""]):
        done = program(tmp_path, OTHERS.replace("sys.argv[1]", repr(which)).replace("sys.argv[2]", repr(function)))
        assert done.stdout.splitlines() == told, done.stderr


# -- programs that import asyncio later


LATE = """

import sys
import lockdep
lockdep.install()
print(any("asyncio.events" in getattr(finder, "names", ()) for finder in sys.meta_path))
import asyncio, multiprocessing.util, threading
import asyncio.events
print(any("asyncio.events" in getattr(finder, "names", ()) for finder in sys.meta_path))
lock = threading.Lock()


async def work():
    with lock:
        await asyncio.sleep(0)


asyncio.run(work())
print(*(finding.slug for finding in lockdep.findings()))
print(type(asyncio.events.__loader__).__module__, asyncio.events.__spec__.loader is asyncio.events.__loader__)
lockdep.uninstall()
print(asyncio.events.Handle._run.__code__.co_filename == asyncio.events.__file__)
"""


STUCK = """
import asyncio, os, threading
import lockdep
lock = threading.Lock()

def told(finding):
    print(finding.slug, flush=True)
    os.kill(os.getpid(), 9)

lockdep.on_finding(told)

def job():
    with lock:
        return "well"

async def main():
    with lock:
        pass
        print(await asyncio.to_thread(job))

asyncio.run(main())
"""


@pytest.mark.parametrize("pure", ["0", "1"])
def test_a_loop_that_waits_for_ever_for_a_thread_that_wants_its_lock_is_told(tmp_path: Path, pure: str) -> None:
    done = program(tmp_path, STUCK, LOCKDEP_PURE=pure)

    assert done.stdout == "await\n", done.stderr


@pytest.mark.parametrize("pure", ["0", "1"])
def test_a_loop_that_waits_for_a_thread_without_the_lock_is_silent(tmp_path: Path, pure: str) -> None:
    done = program(tmp_path, STUCK.replace("        print(await", "    print(await"), LOCKDEP_PURE=pure)

    assert done.stdout == "well\n", done.stderr


def test_a_program_that_imports_asyncio_later_is_followed_too(tmp_path: Path) -> None:
    done = program(tmp_path, LATE, command=PLAIN)
    assert done.stdout.splitlines() == [
        "True", "False", "await", "_frozen_importlib_external True", "True",
    ], done.stderr  # fmt: skip


def test_uninstall_takes_the_finder_away(tmp_path: Path) -> None:
    source = """
import sys
import lockdep
before = list(sys.meta_path)
lockdep.install()
lockdep.uninstall()
print(sys.meta_path == before)
import asyncio
"""
    assert program(tmp_path, source, command=PLAIN).stdout == "True\n"


def test_a_module_that_cannot_be_found_is_left_to_the_import_statement(tmp_path: Path) -> None:
    source = """
from lockdep.patch import imports
from lockdep.patch.changes import Changes
imports.after_import(Changes(), "no_such_module", print)
try:
    import no_such_module
except ModuleNotFoundError as error:
    print(error)
"""
    assert program(tmp_path, source, command=PLAIN).stdout == "No module named 'no_such_module'\n"


def test_a_patch_that_fails_is_a_line_and_the_import_goes_on(tmp_path: Path) -> None:
    source = """
from lockdep.patch import imports
from lockdep.patch.changes import Changes
imports.after_import(Changes(), "colorsys", lambda *_: 1 / 0)
import colorsys
print(colorsys.rgb_to_hsv(0, 0, 0))
"""
    done = program(tmp_path, source, command=PLAIN)
    assert (done.stdout, done.stderr.count("colorsys is not followed")) == ("(0.0, 0.0, 0)\n", 1)


@pytest.mark.parametrize("pure", ["0", "1"])
def test_a_task_that_has_failed_goes_as_soon_as_without_lockdep(tmp_path: Path, pure: str) -> None:
    source = """
import asyncio
async def main(kind):
    told = []
    asyncio.get_running_loop().set_exception_handler(lambda *_: told.append(1))
    async def fail():
        1 / 0
    kind(fail())
    await asyncio.sleep(0)
    print(len(told))
asyncio.run(main(asyncio.Task))
asyncio.run(main(asyncio.tasks._PyTask))
"""
    assert program(tmp_path, source, LOCKDEP_PURE=pure).stdout == "1\n1\n"
