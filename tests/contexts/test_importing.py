"""Module locks: a lock that is taken while a module is imported, and imports of the module under that lock."""

from __future__ import annotations

import _frozen_importlib  # type: ignore[import-not-found]
import importlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import lockdep
from lockdep import fastpath, patch, runtime
from lockdep.fastpath import thread_state
from tests.patience import THREAD_LIMIT
from tests.worlds import found, in_thread, nest, patched_world, program

Module = Callable[..., str]


class Shared:
    """What the modules of these tests use; they find it as `sys._shared`."""

    def __init__(self) -> None:
        self.lock: Any = threading.RLock()
        self.other: Any = threading.RLock()
        self.gate: Any = threading.RLock()
        self.loads = 0
        self.run: Callable[[], object] = self.use

    def use(self) -> None:
        with self.lock:
            pass


@pytest.fixture(autouse=True)
def validator() -> Iterator[lockdep.Validator]:
    with patched_world() as chosen:
        yield chosen
        assert thread_state().held() == []
        assert thread_state().imports is None
    assert chosen.failures == 0, chosen.book.failure


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch, validator: lockdep.Validator) -> Shared:
    assert runtime.validator() is validator  # by which the locks are classified
    made = Shared()
    monkeypatch.setattr(sys, "_shared", made, raising=False)
    return made


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shared: Shared) -> Iterator[Module]:
    """Return a function that writes a module with some code, and returns its name. By default it calls shared.run."""
    names: list[str] = []
    assert sys._shared is shared  # type: ignore[attr-defined]

    def write(code: str = "shared.run()", name: str = "") -> str:
        names.append(name or f"lockdep_test_{tmp_path.name}_{len(names)}")
        (tmp_path / f"{names[-1]}.py").write_text(f"import sys\nshared = sys._shared\nshared.loads += 1\n{code}\n")
        importlib.invalidate_caches()
        return names[-1]

    monkeypatch.syspath_prepend(tmp_path)
    yield write
    for name in names:
        sys.modules.pop(name, None)


def load(name: str) -> None:
    """Import a module as if it had not been imported before."""
    sys.modules.pop(name, None)
    importlib.import_module(name)


def until(happened: Callable[[], object]) -> None:
    """Wait until something has happened, which nobody signals."""
    limit = time.monotonic() + THREAD_LIMIT
    while not happened():
        assert time.monotonic() < limit, "it does not happen"
        time.sleep(0.001)


def awaited(name: str) -> bool:
    """Return whether a thread waits for the end of the import of a module."""
    texts = [wait.aim.text() for wait in fastpath.waits() if hasattr(wait.aim, "text")]
    return f"the end of the import of {name}" in texts


def under(lock: Any, work: Callable[[], object]) -> Callable[[], None]:
    def body() -> None:
        with lock:
            work()

    return body


def test_a_lock_taken_in_an_import_and_an_import_under_it_are_found(shared: Shared, module: Module) -> None:
    name = module()
    in_thread(lambda: load(name))
    in_thread(under(shared.lock, lambda: load(name)))
    assert found() == ["circular"]
    (finding,) = lockdep.findings()
    assert (finding.grade, sorted(finding.classes)) == ("potential", [f"module {name}", str(finding.classes[1])])
    assert "started after the first had ended" in finding.reason


def test_the_other_way_round_too(shared: Shared, module: Module) -> None:
    name = module()
    in_thread(under(shared.lock, lambda: load(name)))
    in_thread(lambda: load(name))
    assert found() == ["circular"]


def test_the_report_shows_both_imports_and_says_why_they_wait(shared: Shared, module: Module) -> None:
    name = module("with shared.lock: pass")
    in_thread(lambda: load(name))
    in_thread(under(shared.lock, lambda: load(name)))
    text = str(lockdep.findings()[0])
    assert f"(module {name}){{....}}-{{4:4}} [module lock]" in text
    held = text.partition(f"held module {name},")[2].splitlines()
    assert "in import_module" in held[1]
    assert "in load" in held[3]
    assert "with shared.lock: pass" in text
    assert f"import {name};" in text.partition("Possible unsafe locking scenario:")[2]
    assert "until the module's code has run" in text


@pytest.mark.scenes
def test_an_import_that_waits_for_one_that_took_the_lock_is_feasible(shared: Shared, module: Module) -> None:
    name = module()
    loading: list[bool] = []  # no Event, which would order the two

    def run() -> None:
        shared.use()
        loading.append(True)
        until(lambda: awaited(name))

    def waiter() -> None:
        until(lambda: loading)
        with shared.lock:
            __import__(name)

    shared.run = run
    threads = [threading.Thread(target=lambda: __import__(name)), threading.Thread(target=waiter)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [(one.slug, one.grade) for one in lockdep.findings()] == [("circular", "feasible")]
    assert shared.loads == 1


@pytest.mark.scenes
@pytest.mark.parametrize("first", ["import", "lock"])
def test_a_deadlock_that_has_happened_is_foretold_reported_and_ended(
    shared: Shared, module: Module, first: str
) -> None:
    name = module()
    loading, wanted = threading.Event(), threading.Event()

    def run() -> None:
        loading.set()
        if shared.loads == 1:
            assert wanted.wait(THREAD_LIMIT)
            until(lambda: first == "lock" or awaited(name))
            shared.use()

    def waiter() -> None:
        assert loading.wait(THREAD_LIMIT)
        with shared.lock:
            wanted.set()
            until(lambda: first == "import" or [wait for wait in fastpath.waits() if wait.lock is shared.lock])
            __import__(name)

    ended: list[str] = []

    def loader() -> None:
        try:
            __import__(name)
        except lockdep.DeadlockError as error:
            ended.append(str(error))

    shared.run = run
    with lockdep.use(lockdep.Validator(lockdep.Options(on_deadlock="raise"))) as validator:
        threads = [threading.Thread(target=loader), threading.Thread(target=waiter)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        slugs = [(one.slug, one.grade) for one in validator.findings()]
    assert slugs == [("circular", "observed"), ("deadlock", "observed")]
    assert f"circular locking deadlock detected!: module {name} -> " in ended[0]
    assert not awaited(name)


@pytest.mark.scenes
def test_a_thread_that_imports_the_module_which_waits_for_its_end_is_a_deadlock(shared: Shared, module: Module) -> None:
    name = module()

    def run() -> None:
        if shared.loads == 1:
            thread = threading.Thread(target=lambda: __import__(name))
            thread.start()
            thread.join()

    shared.run = run
    with lockdep.use(lockdep.Validator(lockdep.Options(on_deadlock="raise"))) as validator:
        with pytest.raises(lockdep.DeadlockError, match=f"deadlock detected!: module {name} -> thread:"):
            __import__(name)
        until(lambda: threading.active_count() == 1 or shared.loads == 2)
        assert "deadlock" in [one.slug for one in validator.findings()]


@pytest.mark.scenes
def test_a_thread_that_came_while_nobody_loaded_the_module_is_part_of_a_deadlock(
    shared: Shared, module: Module
) -> None:
    name = module()
    thread = threading.Thread(target=under(shared.lock, lambda: __import__(name)))
    lock = _frozen_importlib._get_module_lock(name)
    with lockdep.use(lockdep.Validator(lockdep.Options(on_deadlock="raise"))) as validator:
        lock.acquire()
        thread.start()
        until(lambda: awaited(name))
        with pytest.raises(lockdep.DeadlockError), _frozen_importlib._ModuleLockManager(name):
            shared.use()
        lock.release()
        thread.join()
        assert "deadlock" in [one.slug for one in validator.findings()]


# What must stay silent


def test_one_thread_that_does_both_is_silent(shared: Shared, module: Module) -> None:
    name = module()
    load(name)
    under(shared.lock, lambda: load(name))()
    load(name)
    assert found() == []


def test_a_thread_that_does_both_is_silent_though_another_one_wants_the_module(shared: Shared, module: Module) -> None:
    name = module()
    load(name)
    under(shared.lock, lambda: load(name))()
    in_thread(shared.use)
    shared.run = lambda: None
    in_thread(under(shared.other, lambda: load(name)))
    assert found() == []
    excused = [finding.reason for finding in runtime.findings(excused=True)]
    assert all("one import" in reason for reason in excused), excused


@pytest.mark.xfail(reason="an import of a module that is loaded needs no lock, and is not seen", strict=True)
def test_an_import_of_a_module_that_another_thread_has_loaded_is_found(shared: Shared, module: Module) -> None:
    name = module()
    in_thread(lambda: load(name))
    in_thread(under(shared.lock, lambda: importlib.import_module(name)))
    assert shared.loads == 1
    assert found() == ["circular"]


@pytest.mark.parametrize("run", ["pass", "shared.other.acquire(); shared.other.release()"])
def test_a_module_that_takes_no_lock_or_another_one_is_silent(shared: Shared, module: Module, run: str) -> None:
    name = module(run)
    in_thread(lambda: load(name))
    in_thread(under(shared.lock, lambda: load(name)))
    assert found() == []


def test_a_try_inside_the_import_is_silent(shared: Shared, module: Module) -> None:
    name = module("assert shared.lock.acquire(False); shared.lock.release()")
    in_thread(lambda: load(name))
    in_thread(under(shared.lock, lambda: load(name)))
    assert found() == []


def test_another_module_is_silent(shared: Shared, module: Module) -> None:
    taking, quiet = module(), module("pass")
    in_thread(lambda: load(taking))
    in_thread(under(shared.lock, lambda: load(quiet)))
    assert found() == []


def test_a_gate_around_both_imports_is_an_excuse(shared: Shared, module: Module) -> None:
    name = module()
    in_thread(under(shared.gate, lambda: load(name)))
    in_thread(under(shared.gate, under(shared.lock, lambda: load(name))))
    assert found() == []
    assert ["gate:" in str(one.reason) for one in runtime.findings(excused=True)] == [True]


def test_a_circle_of_module_locks_is_none_of_ours(module: Module, tmp_path: Path) -> None:
    first, second = f"first_{tmp_path.name}", f"second_{tmp_path.name}"
    module(f"import {second}", first)
    module(f"import {first}", second)
    in_thread(lambda: load(first))
    sys.modules.pop(first)
    in_thread(lambda: load(second))
    assert found() == []


def test_what_a_signal_handler_takes_during_an_import_is_not_the_import(shared: Shared, module: Module) -> None:
    name = module()
    kept = signal.signal(signal.SIGUSR1, lambda *_: shared.use())
    try:
        shared.run = lambda: signal.raise_signal(signal.SIGUSR1)
        load(name)
    finally:
        signal.signal(signal.SIGUSR1, kept)
    shared.run = lambda: None
    in_thread(under(shared.lock, lambda: load(name)))
    assert "circular" not in found()


# Further ways to import, and to wait


def test_a_module_that_fails_to_import_is_found(shared: Shared, module: Module) -> None:
    name = module("shared.run()\nraise ImportError('no backend')")

    def attempt() -> None:
        with pytest.raises(ImportError, match="no backend"):
            importlib.import_module(name)

    in_thread(attempt)
    in_thread(under(shared.lock, attempt))
    assert found() == ["circular"]


def test_a_reload_is_an_import(shared: Shared, module: Module) -> None:
    made = importlib.import_module(module())
    in_thread(lambda: importlib.reload(made))
    in_thread(under(shared.lock, lambda: importlib.reload(made)))
    assert found() == ["circular"]


def test_a_lock_that_an_inner_import_takes_is_taken_in_the_outer_one(shared: Shared, module: Module) -> None:
    inner = module()
    outer = module(f"import {inner}")
    in_thread(lambda: load(outer))
    in_thread(under(shared.lock, lambda: load(outer)))
    assert found() == ["circular"]
    assert f"module {outer}" in lockdep.findings()[0].classes


@pytest.mark.xfail(reason="what a thread takes for which an import waits is not taken in the import", strict=True)
def test_a_lock_of_a_thread_for_which_the_import_waits_is_found(shared: Shared, module: Module) -> None:
    name = module()
    shared.run = lambda: in_thread(shared.use)
    in_thread(lambda: load(name))
    shared.run = lambda: None
    in_thread(under(shared.lock, lambda: load(name)))
    assert found() == ["circular"]


def test_a_circle_through_a_further_lock_is_found(shared: Shared, module: Module) -> None:
    name = module()
    in_thread(lambda: load(name))
    nest(shared.lock, shared.other)
    assert found() == []
    shared.run = lambda: None
    in_thread(under(shared.other, lambda: load(name)))
    assert found() == ["circular"]
    assert len(lockdep.findings()[0].classes) == 3


def test_a_lock_of_a_semaphore_or_condition_counts_as_well(shared: Shared, module: Module) -> None:
    name = module()
    shared.lock = threading.Condition()
    in_thread(lambda: load(name))
    in_thread(under(shared.lock, lambda: load(name)))
    assert found() == ["circular"]


# A module lock is no held lock


def test_it_is_no_gate_for_what_happens_inside_of_an_import(shared: Shared, module: Module) -> None:
    def run() -> None:
        in_thread(lambda: nest(shared.lock, shared.other))
        nest(shared.other, shared.lock)

    shared.run = run
    load(module())
    assert found() == ["circular"]


def test_it_is_not_held_and_leaves_the_thread_calm(shared: Shared, module: Module) -> None:
    seen: list[object] = []

    def run() -> None:
        nest(shared.lock, shared.other)
        nest(shared.other, shared.lock)
        state = thread_state()
        seen.extend([state.held(), len(state.sightings), lockdep.waiting().threads[0].held])

    shared.run = run
    load(module())
    assert seen == [[], 0, ()]


def test_a_lock_that_the_main_thread_took_in_an_import_is_known_to_its_signal_handlers(
    shared: Shared, module: Module
) -> None:
    kept = signal.signal(signal.SIGUSR1, lambda *_: shared.use())
    shared.lock = threading.Lock()
    try:
        load(module())
        signal.raise_signal(signal.SIGUSR1)
    finally:
        signal.signal(signal.SIGUSR1, kept)
    assert found() == ["usage"]


# Nothing is left behind


@pytest.mark.parametrize("error", [KeyboardInterrupt, RecursionError, MemoryError, SystemExit, ImportError])
def test_the_exception_of_a_module_is_its_own(shared: Shared, module: Module, error: type[BaseException]) -> None:
    name = module()
    raised = error("of the module")

    def run() -> None:
        shared.use()
        raise raised

    shared.run = run
    with pytest.raises(error) as caught:
        load(name)
    assert caught.value is raised
    assert fastpath.loading(name) is None
    shared.run = shared.use
    load(name)


def test_a_circular_import_is_one_import(shared: Shared, module: Module, tmp_path: Path) -> None:
    name = f"itself_{tmp_path.name}"
    module(f"import {name}\nimport importlib\nimportlib.import_module({name!r})\nshared.run()", name)
    held: list[object] = []
    shared.run = lambda: held.append(fastpath.loading(name) is thread_state().imports)
    load(name)
    assert held == [True]
    assert fastpath.loading(name) is None


def test_recursion_up_to_the_limit_in_imports_leaves_nothing(module: Module, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)  # what a callback of importlib's own raises
    name = module()

    def deeper() -> None:
        try:
            load(name)
        finally:
            deeper()

    with pytest.raises(RecursionError):
        deeper()
    assert fastpath.loading(name) is None
    load(name)
    assert thread_state().imports is None


def test_an_exception_of_a_signal_handler_while_the_module_lock_is_awaited(shared: Shared, module: Module) -> None:
    name = module()
    loading, goes_on = threading.Event(), threading.Event()

    def run() -> None:
        loading.set()
        assert goes_on.wait(THREAD_LIMIT)

    raised: list[bool] = []

    def handler(*_: object) -> None:
        if not raised:
            raised.append(True)
            raise KeyboardInterrupt

    def interrupt() -> None:
        until(lambda: awaited(name))
        while not raised:  # a signal that comes just before the thread sleeps does not wake it
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)
            time.sleep(0.01)

    shared.run = run
    kept = signal.signal(signal.SIGUSR1, handler)
    threads = [threading.Thread(target=lambda: __import__(name)), threading.Thread(target=interrupt)]
    try:
        threads[0].start()
        assert loading.wait(THREAD_LIMIT)
        threads[1].start()
        with pytest.raises(KeyboardInterrupt):
            __import__(name)
        assert not awaited(name)
    finally:
        signal.signal(signal.SIGUSR1, kept)
        goes_on.set()
        for thread in threads:
            thread.join()
    __import__(name)
    assert found() == []


def test_a_child_that_is_forked_in_an_import_ends_it_there(shared: Shared, module: Module) -> None:
    name = module()
    pids: list[int] = []
    shared.run = lambda: pids.append(os.fork())
    try:
        load(name)
    finally:
        if pids == [0]:
            clean = thread_state().imports is None and fastpath.loading(name) is None
            os._exit(0 if clean and name in sys.modules else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pids[0], 0)[1]) == 0


def test_a_child_knows_nothing_of_the_imports_of_other_threads(shared: Shared, module: Module) -> None:
    name = module()
    loading, goes_on = threading.Event(), threading.Event()

    def run() -> None:
        loading.set()
        assert goes_on.wait(THREAD_LIMIT)

    shared.run = run
    thread = threading.Thread(target=lambda: __import__(name))
    thread.start()
    assert loading.wait(THREAD_LIMIT)
    assert fastpath.loading(name) is not None
    pid = os.fork()
    if not pid:
        os._exit(fastpath.loading(name) is not None)
    goes_on.set()
    thread.join()
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_an_import_is_forgotten_with_its_manager(module: Module) -> None:
    manager = _frozen_importlib._ModuleLockManager("lockdep_test_of_no_module")
    manager.__enter__()
    assert fastpath.loading("lockdep_test_of_no_module") is thread_state().imports
    del manager  # as an exception between two bytecodes does
    assert fastpath.loading("lockdep_test_of_no_module") is None
    load(module())
    assert thread_state().imports is None


def test_what_is_paused_is_not_noted(shared: Shared, module: Module) -> None:
    name = module()
    with lockdep.annotations.paused():
        load(name)
    in_thread(under(shared.lock, lambda: load(name)))
    assert found() == []


@pytest.mark.parametrize("installed", [True, False])
def test_lockdep_may_come_or_go_during_an_import(shared: Shared, module: Module, installed: bool) -> None:
    name = module()
    if installed:
        shared.run = patch.uninstall
    else:
        patch.uninstall()
        shared.run = lambda: patch.install()
    load(name)
    assert thread_state().imports is None
    assert fastpath.loading(name) is None


def test_a_hundred_modules_cost_no_chain_and_no_class(shared: Shared, module: Module) -> None:
    names = [module() for _ in range(100)]
    before = lockdep.snapshot()
    for name in names:
        under(shared.other, lambda name=name: load(name))()
    after = lockdep.snapshot()
    assert shared.loads == 100
    assert len(after.classes) <= len(before.classes) + 2
    assert [one.name for one in after.classes if one.name.removeprefix("module ") in names] == []


# Programs


@pytest.mark.parametrize("pure", ["0", "1"])
def test_a_program_with_the_circle_ends_with_its_report(tmp_path: Path, pure: str) -> None:
    (tmp_path / "backend.py").write_text("import prog\nwith prog.lock:\n    pass\nraise ImportError\n")
    source = """
import contextlib, threading
import sys
sys.modules["prog"] = sys.modules["__main__"]
lock = threading.RLock()

def load():
    with contextlib.suppress(ImportError):
        import backend

def load_under_lock():
    with lock:
        load()

for work in (load, load_under_lock):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
"""
    done = program(tmp_path, source, LOCKDEP_PURE=pure)
    assert done.returncode == 66, done.stderr
    assert "module backend" in done.stderr


MANY = """
import threading
lock = threading.RLock()

def first():
    with lock:
        import asyncio, concurrent.futures, logging.config, multiprocessing, email.message, http.client

def second():
    import asyncio, concurrent.futures, logging.config, multiprocessing, email.message, http.client, xmlrpc.client
    with lock:
        import concurrent.futures.thread, unittest.mock, encodings.idna
    logging.getLogger("some").warning("%s", "text")

threads = [threading.Thread(target=work) for work in (first, second, second, first)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


@pytest.mark.parametrize("pure", ["0", "1"])
def test_a_program_whose_threads_import_much_at_a_time_is_silent(tmp_path: Path, pure: str) -> None:
    done = program(tmp_path, MANY, LOCKDEP_PURE=pure)
    assert done.returncode == 0, done.stderr
    (summary,) = [line for line in done.stderr.splitlines() if line != "text"]
    assert ": 0 errors, 0 warnings;" in summary
