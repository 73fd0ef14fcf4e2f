"""lockdep.track: locks of any type, those of filelock and portalocker above all, as locks that the validator knows."""

from __future__ import annotations

import copy
import pickle
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import lockdep
from lockdep.validator.validator import Validator
from tests.processes.runs import run
from tests.worlds import Lock, found, in_thread, nest, world


class Timeout(Exception):
    pass


class Answer:
    """What acquire() of filelock returns."""

    def __init__(self, lock: Any) -> None:
        self.lock = lock

    def __enter__(self) -> Any:
        return self.lock

    def __exit__(self, *_: object) -> None:
        self.lock.release()


class Reentrant:
    """A lock in the style of filelock's."""

    def __init__(self, path: str = "", timeout: float = -1) -> None:
        self.path, self.timeout, self.count = path, timeout, 0

    @property
    def is_locked(self) -> bool:
        return self.count > 0

    def acquire(self, timeout: float | None = None, *, blocking: bool = True) -> Answer:
        if self.path == "taken":
            raise Timeout(timeout, blocking)
        self.count += 1
        return Answer(self)

    def release(self, force: bool = False) -> None:
        self.count = 0 if force or not self.count else self.count - 1

    def __enter__(self) -> Any:
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


class Opening:
    """A lock in the style of portalocker's: it is the opened file that one gets."""

    def __init__(self, path: str, timeout: float | None = 5) -> None:
        self.path, self.timeout, self.file = path, timeout, None

    def acquire(self) -> Any:
        self.file = open(self.path, "a")
        return self.file

    def release(self) -> None:
        self.file.close()

    def __enter__(self) -> Any:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


class Odd:
    """A lock whose methods have other names, and that has no `with`."""

    def seize(self, wait: bool = True) -> bool:
        return wait

    def let_go(self) -> None:
        pass


def filelocks(name: str) -> Callable[[Path], Any]:
    return lambda folder: getattr(pytest.importorskip("filelock"), name)(folder / "lock")


def portalockers(folder: Path) -> Any:
    return pytest.importorskip("portalocker").Lock(folder / "lock", timeout=60)


KINDS: dict[str, Callable[[Path], Any]] = {
    "reentrant": lambda _: lockdep.track(Reentrant()),
    "opening": lambda folder: lockdep.track(Opening(str(folder / "lock"), None)),
    "odd": lambda _: lockdep.track(Odd(), acquire="seize", release="let_go"),
    "filelock": lambda folder: lockdep.track(filelocks("FileLock")(folder)),
    "soft filelock": lambda folder: lockdep.track(filelocks("SoftFileLock")(folder)),
    "portalocker": lambda folder: lockdep.track(portalockers(folder)),
}


@pytest.fixture
def validator() -> Iterator[Validator]:
    with world() as made:
        yield made


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("validator")
def test_both_orders_are_found(tmp_path: Path, kind: str) -> None:
    a, b = KINDS[kind](tmp_path), Lock("b")
    nest(a, b)
    nest(b, a)
    assert found() == (["circular?"] if kind == "portalocker" else ["circular"])  # its wait has a timeout


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("validator")
def test_one_order_is_sound(tmp_path: Path, kind: str) -> None:
    a, b = KINDS[kind](tmp_path), Lock("b")
    nest(a, b)
    in_thread(lambda: nest(a, b))
    assert found() == []
    assert {one.kind for one in lockdep.snapshot().classes if "test_tracking" in one.name} == {"process"}


@pytest.mark.usefixtures("validator")
def test_methods_are_followed_as_with_is() -> None:
    a, b = lockdep.track(Odd(), "seize", "let_go"), Lock("b")
    assert a.seize()
    nest(b)
    a.let_go()
    assert not a.seize(False)
    nest(b)
    assert found() == []
    with b:
        a.seize()
        a.let_go()
    assert found() == ["circular"]


@pytest.mark.usefixtures("validator")
def test_an_attempt_waits_for_nobody() -> None:
    a, b = lockdep.track(Reentrant()), Lock("b")
    nest(a, b)
    with b:
        with a.acquire(timeout=0):
            pass
        with a.acquire(blocking=False) as lock:
            assert lock is a
    with b, lockdep.track(Reentrant(timeout=0)):
        pass
    assert found() == []


@pytest.mark.usefixtures("validator")
def test_a_wait_with_a_timeout_is_a_stall() -> None:
    a, b = lockdep.track(Reentrant(timeout=3)), Lock("b")
    nest(a, b)
    nest(b, a)
    assert [finding.grade for finding in lockdep.findings()] == ["stall"]


@pytest.mark.usefixtures("validator")
def test_a_lock_that_was_not_taken_is_not_held() -> None:
    a, b = lockdep.track(Reentrant("taken")), Lock("b")
    for attempt in (a.acquire, lambda: a.acquire(1), a.__enter__):
        with pytest.raises(Timeout):
            attempt()
        assert a.dep_map.is_held() == 0
    nest(b)
    assert found() == []


@pytest.mark.usefixtures("validator")
def test_it_can_be_taken_again() -> None:
    a, b = lockdep.track(Reentrant()), Lock("b")
    with a, b, a:
        lockdep.assert_held(a)
    a.acquire()
    a.acquire()
    a.release()
    lockdep.assert_held(a)
    a.release(force=True)
    a.acquire()
    a.acquire()
    a.release(force=True)
    a.release()
    assert a.dep_map.is_held() == 0
    nest(b, a)  # only now it is the other order
    assert found() == ["circular"]


@pytest.mark.usefixtures("validator")
def test_the_proxy_is_like_the_lock(tmp_path: Path) -> None:
    plain = Reentrant("p")
    a = lockdep.track(plain)
    assert isinstance(a, Reentrant)
    assert (a.path, a.is_locked, a == plain) == ("p", False, True)
    a.timeout = 7
    assert plain.timeout == 7
    with a as entered:
        assert entered is a
    with lockdep.track(Opening(str(tmp_path / "file"))) as file:
        assert file.write("x") == 1
    with pytest.raises(AttributeError, match="seize"):
        lockdep.track(plain, acquire="seize")


@pytest.mark.usefixtures("validator")
def test_copies_are_of_the_same_class() -> None:
    a = lockdep.track(Reentrant("p"), name="the lock")
    for one in (pickle.loads(pickle.dumps(a)), copy.copy(a), copy.deepcopy(a)):
        assert (one.path, one.dep_map.entry.lock_class.name) == ("p", "the lock")
        assert one.dep_map is not a.dep_map


def test_nothing_is_followed_while_nothing_is_tracked() -> None:
    a = lockdep.track(Reentrant())
    with a, threading.Lock(), a:
        assert a.count == 2
    assert a.count == 0


FILES = """
import multiprocessing, threading
import lockdep
filelock = __import__("filelock")
first = lockdep.track(filelock.FileLock("first.lock"))
second = lockdep.track(filelock.FileLock("second.lock"))
def take(one, other):
    with one:
        with other: pass
if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    for work in ("take_first", "take_second"):
        child = context.Process(target=globals()[work])
        child.start()
        child.join()
        assert child.exitcode == 0
"""
INVERSION = "def take_first(): take(first, second)\ndef take_second(): take(second, first)\n"
SOUND = "def take_first(): take(first, second)\ntake_second = take_first\n"


@pytest.mark.once
@pytest.mark.parametrize(("work", "status"), [(INVERSION, 66), (SOUND, 0)], ids=["inversion", "sound"])
def test_orders_of_files_in_several_processes_meet(tmp_path: Path, work: str, status: int) -> None:
    pytest.importorskip("filelock")
    done = run(tmp_path, FILES.replace("if __name__", f"{work}if __name__"))
    assert (done.status, len(done.findings)) == (status, 1 if status else 0), done.stderr
