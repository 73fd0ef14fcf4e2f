"""Read-write locks of packages: declared by their author, or recognised when their package is imported."""

import contextlib
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import lockdep
from lockdep import runtime
from lockdep.validator.validator import Validator
from tests.worlds import found, in_thread, nest, patched_world


class Plain:
    """A read-write lock that prefers writers, made from a condition, as most of them are."""

    def __init__(self) -> None:
        self._cond = threading.Condition()
        self.readers = self.writers = 0

    def acquire_read(self, wait: bool = True) -> bool:
        with self._cond:
            while self.writers:
                if not wait:
                    return False
                self._cond.wait()
            self.readers += 1
        return True

    def release_read(self) -> None:
        with self._cond:
            self.readers -= 1
            self._cond.notify_all()

    def acquire_write(self) -> None:
        with self._cond:
            while self.writers or self.readers:
                self._cond.wait()
            self.writers = 1

    def release_write(self) -> None:
        with self._cond:
            self.writers = 0
            self._cond.notify_all()

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        self.acquire_read()
        yield
        self.release_read()

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        self.acquire_write()
        yield
        self.release_write()


PAIRS: dict[str, Any] = {
    "read": ("acquire_read", "release_read"),
    "write": ("acquire_write", "release_write"),
}


@pytest.fixture(autouse=True)
def validator() -> Iterator[Validator]:
    with patched_world() as validator:
        yield validator
        assert validator.failures == 0, validator.book.failure


@pytest.fixture(params=["class", "object", "sections"])
def make(request: pytest.FixtureRequest) -> Callable[[], Any]:
    """Return a type of annotated locks; the place of a call is the class of the lock."""
    how = request.param

    class Package(Plain):
        def __init__(self) -> None:
            super().__init__()
            if how == "object":
                lockdep.annotate_rwlock(self, **PAIRS)

    if how == "class":
        lockdep.annotate_rwlock(Package, **PAIRS)
    if how == "sections":
        lockdep.annotate_rwlock(Package, read="reading", write="writing")
    return Package


def orders(one: list[Any], two: list[Any]) -> list[str]:
    """Take these context managers in two threads, one thread after the other; return what is found."""
    in_thread(lambda: nest(*one))
    in_thread(lambda: nest(*two))
    return found()


def test_two_orders_of_readers_without_a_writer_are_silent(make: Callable[[], Any]) -> None:
    a, b = make(), make()

    assert orders([a.reading(), b.reading()], [b.reading(), a.reading()]) == []


def test_two_orders_of_readers_are_an_error_once_somebody_writes(make: Callable[[], Any]) -> None:
    a, b = [make() for _ in range(2)]

    assert orders([a.reading(), b.reading()], [b.reading(), a.reading()]) == []
    in_thread(lambda: nest(a.writing()))
    assert found() == ["circular"]


def test_a_writer_and_a_reader_in_two_orders_are_an_error(make: Callable[[], Any]) -> None:
    a, other = make(), threading.Lock()

    assert orders([a.writing(), other], [other, a.reading()]) == ["circular"]


def test_a_writer_and_a_reader_in_one_order_are_silent(make: Callable[[], Any]) -> None:
    a, other = make(), threading.Lock()

    assert orders([a.writing(), other], [a.reading(), other]) == []


def test_the_locks_inside_are_not_seen(make: Callable[[], Any], validator: Validator) -> None:
    a, b = make(), make()
    nest(a.writing(), b.reading())
    nest(b.writing())
    runtime.findings()
    kinds = {(one.prev.kind, one.next.kind) for one in validator.rules.cycles.graph.dependencies()}

    assert kinds <= {("RWLock", "RWLock")}
    assert validator.rules.usage.is_written(vars(a)["_lockdep_rwlock"].entry.lock_class)


def test_a_reader_may_read_again(make: Callable[[], Any]) -> None:
    a = make()
    nest(a.writing())
    nest(a.reading(), a.reading())

    assert found() == []


def test_a_try_that_fails_takes_nothing() -> None:
    class Tried(Plain):
        pass

    lockdep.annotate_rwlock(Tried, **PAIRS)
    a, other = Tried(), threading.Lock()
    a.acquire_write()
    in_thread(lambda: a.acquire_read(wait=False))
    in_thread(lambda: nest(other))
    a.release_write()

    assert found() == []
    assert not lockdep.is_held(vars(a)["_lockdep_rwlock"])


def test_readers_that_go_first_wait_for_no_reader() -> None:
    class First(Plain):
        pass

    lockdep.annotate_rwlock(First, read="reading", write="writing", fair=False)
    a, b = First(), First()
    nest(a.writing())
    nest(b.writing())

    assert orders([a.reading(), b.reading()], [b.reading(), a.reading()]) == []


def test_one_that_another_thread_releases_is_not_held_any_more() -> None:
    class Handed(Plain):
        pass

    lockdep.annotate_rwlock(Handed, **PAIRS)
    a, other = Handed(), threading.Lock()
    taken, released = threading.Event(), threading.Event()

    def taker() -> None:
        a.acquire_write()
        taken.set()
        released.wait()
        nest(other)

    thread = threading.Thread(target=taker)
    thread.start()
    taken.wait()
    a.release_write()
    released.set()
    thread.join()
    nest(other, a.reading())

    assert found() == []


def test_what_cannot_be_followed_is_an_error() -> None:
    class Slots:
        __slots__ = ()

    with pytest.raises(TypeError, match="attributes of their own"):
        lockdep.annotate_rwlock(Slots(), **PAIRS)
    with pytest.raises(AttributeError):
        lockdep.annotate_rwlock(Plain(), read="nothing", write="writing")


FAIR = """
import threading
{before}
class {name}:
    def __init__(self):
        self.cond = threading.Condition(threading.Lock())
        self.readers = self.writers = 0
    def {0}(self):
        with self.cond:
            self.cond.wait_for(lambda: not self.writers)
            self.readers += 1
    def {1}(self):
        with self.cond:
            self.readers -= 1
            self.cond.notify_all()
    def {2}(self):
        with self.cond:
            self.cond.wait_for(lambda: not self.writers and not self.readers)
            self.writers = 1
    def {3}(self):
        with self.cond:
            self.writers = 0
            self.cond.notify_all()
"""
PACKAGES = {
    "fasteners.lock": ("acquire_read_lock", "release_read_lock", "acquire_write_lock", "release_write_lock"),
    "django.utils.synch": ("reader_enters", "reader_leaves", "writer_enters", "writer_leaves"),
    "dogpile.util.readwrite_lock": (
        "acquire_read_lock", "release_read_lock", "acquire_write_lock", "release_write_lock",
    ),
}  # fmt: skip


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], None]]:
    """Return a function that writes a package with one module, which can be imported in this test only."""
    monkeypatch.syspath_prepend(str(tmp_path))
    saved = {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] in TOPS}

    def write(name: str, source: str) -> None:
        path = tmp_path.joinpath(*name.split(".")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        for folder in (path.parent, *path.parent.relative_to(tmp_path).parents):
            (tmp_path / folder / "__init__.py").touch()
        path.write_text(textwrap.dedent(source))

    yield write
    for name in [name for name in sys.modules if name.partition(".")[0] in TOPS]:
        del sys.modules[name]
    sys.modules.update(saved)


TOPS = {name.partition(".")[0] for name in PACKAGES} | {"readerwriterlock"}


@contextlib.contextmanager
def held(take: Callable[[], object], drop: Callable[[], object]) -> Iterator[None]:
    take()
    yield
    drop()


@pytest.mark.parametrize("name", PACKAGES)
@pytest.mark.parametrize("writes", [False, True], ids=["read", "write"])
def test_locks_of_packages_are_recognised(package: Any, name: str, writes: bool) -> None:
    methods = PACKAGES[name]
    package(name, FAIR.format(*methods, name="TheLock", before=""))
    kind = __import__(name, fromlist=["TheLock"]).TheLock
    lock, other = kind(), kind()
    read = [held(getattr(one, methods[0]), getattr(one, methods[1])) for one in (other, lock)]
    take = [held(getattr(one, methods[2 * writes]), getattr(one, methods[2 * writes + 1])) for one in (lock, other)]

    assert orders(take, read) == (["circular"] if writes else [])


@pytest.mark.parametrize("writes", [False, True], ids=["read", "write"])
def test_the_two_sides_of_readerwriterlock(package: Any, writes: bool) -> None:
    source = FAIR.format(
        "take_read", "drop_read", "take_write", "drop_write", name="RWLockFair",
        before="try: threading.Lock().release()\nexcept RuntimeError: pass",
    )  # fmt: skip
    side = """
        class {name}:
            def __init__(self, lock): self.c_rw_lock = lock
            def acquire(self): self.c_rw_lock.take_{what}(); return True
            def release(self): self.c_rw_lock.drop_{what}()
            def __enter__(self): self.acquire(); return False
            def __exit__(self, *raised): self.release()
    """
    sides = [
        textwrap.indent(textwrap.dedent(side.format(name=name, what=what)), "    ")
        for name, what in (("_aReader", "read"), ("_aWriter", "write"))
    ]
    package("readerwriterlock.rwlock", source + "".join(sides))
    from readerwriterlock.rwlock import RWLockFair  # type: ignore[import-not-found, unused-ignore]

    a, b = RWLockFair(), RWLockFair()
    first = RWLockFair._aWriter if writes else RWLockFair._aReader

    assert orders([first(a), first(b)], [RWLockFair._aReader(b), RWLockFair._aReader(a)]) == (
        ["circular"] if writes else []
    )
