"""Which locks are one class, and what it is called. Each test runs a program that makes locks."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.patience import PROGRAM_LIMIT
from tests.sourcetree import ROOT
from tests.worlds import PLAIN, program

pytestmark = pytest.mark.any_build

SHOW = """
import sys
sys.path.insert(0, ".")
import lockdep
lockdep.install()

def show(*locks):
    for lock in locks:
        while not hasattr(lock, "entry"):
            inner = (getattr(lock, name, None) for name in ("_lock", "_cond", "mutex", "lock"))
            lock = next(found for found in inner if found)
        print(lock.entry.lock_class.name)
    print(len({lock.entry.lock_class for lock in locks if hasattr(lock, "entry")}), "classes")

names = {"show": show, "__name__": "__main__", "__file__": "app.py"}
exec(compile(open("app.py").read(), __file__.replace("prog.py", "app.py"), "exec"), names)
"""


@pytest.fixture(params=["0", "1"], ids=["built", "pure"])
def names(request: pytest.FixtureRequest, tmp_path: Path):
    """Return a function that runs a program text as app.py and returns the lines that its show() printed."""

    def run(source: str, *flags: str) -> list[str]:
        (tmp_path / "app.py").write_text(textwrap.dedent(source).strip() + "\n")
        done = program(tmp_path, SHOW, command=(*PLAIN, *flags), LOCKDEP_PURE=request.param)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    return run


def test_the_name_has_the_variable_that_the_line_assigns(names) -> None:
    assert names("""
        import threading
        plain = threading.Lock()
        annotated: object = threading.RLock()
        class Thing:
            shared = threading.Lock()
            def __init__(self):
                self.own = threading.Lock()
                self.table = {}
                self.table["a"] = threading.Lock()
                self.listed = [threading.Lock() for _ in range(2)]
        thing = Thing()
        show(plain, annotated, thing.shared, thing.own, thing.table["a"], *thing.listed)
    """) == [
        "app.py:2 plain",
        "app.py:3 annotated",
        "app.py:5 shared",
        "app.py:7 self.own",
        "app.py:9 self.table['a']",
        "app.py:10 self.listed",
        "app.py:10 self.listed",
        "6 classes",
    ]  # fmt: skip


def test_instances_share_the_class_of_their_line(names) -> None:
    assert (
        names("""
        import threading
        class Thing:
            def __init__(self):
                self.lock = threading.Lock()
        show(Thing().lock, Thing().lock)
    """)[-1]
        == "1 classes"
    )


def test_two_locks_on_one_line_are_two_classes(names) -> None:
    assert names("""
        import threading
        a, b = threading.Lock(), threading.Lock()
        c = [threading.Lock(), threading.Lock()]
        show(a, b, *c)
    """) == ["app.py:2 a", "app.py:2 b", "app.py:3 c", "app.py:3 c#2", "4 classes"]


def test_names_do_not_depend_on_who_asks_first(names) -> None:
    source = """
        import threading
        c = [threading.Lock(), threading.Lock()]
        show(c[FIRST], c[SECOND])
    """
    forwards = names(source.replace("FIRST", "0").replace("SECOND", "1"))
    backwards = names(source.replace("FIRST", "1").replace("SECOND", "0"))

    assert forwards[:2] == backwards[1::-1]


def test_two_locks_on_one_line_are_numbered_without_columns(names) -> None:
    shown = names(
        """
        import threading
        a, b = threading.Lock(), threading.Lock()
        c = threading.Lock()
        show(a, b, c)
        """,
        "-X",
        "no_debug_ranges",
    )

    assert [name.split()[0] for name in shown] == ["app.py:2", "app.py:2#2", "app.py:3", "3"]
    assert shown[2] == "app.py:3 c"


def test_a_factory_that_returns_the_lock_names_its_caller(names) -> None:
    assert names("""
        import threading
        def make_lock():
            return threading.RLock()
        def make_twice():
            return make_lock()
        first = make_lock()
        second = make_lock()
        third = make_twice()
        again = [make_lock() for _ in range(2)]
        show(first, second, third, *again)
    """) == [
        "app.py:3 < app.py:6 first",
        "app.py:3 < app.py:7 second",
        "app.py:3 < app.py:5 < app.py:8 third",
        "app.py:3 < app.py:9 again",
        "app.py:3 < app.py:9 again",
        "4 classes",
    ]


def test_a_factory_may_return_the_lock_in_a_conditional_expression(names) -> None:
    assert (
        names("""
        import threading
        def make_lock(kind=None):
            return kind() if kind else threading.Lock()
        first = make_lock()
        second = make_lock()
        show(first, second)
    """)[-1]
        == "2 classes"
    )


def test_a_function_that_uses_the_lock_is_no_factory(names) -> None:
    assert names("""
        import threading
        def make_lock():
            lock = threading.Lock()
            return lock
        first = make_lock()
        second = make_lock()
        show(first, second)
    """) == ["app.py:3 lock", "app.py:3 lock", "1 classes"]


def test_a_property_is_no_factory(names) -> None:
    assert (
        names("""
        import threading
        class Thing:
            @property
            def lock(self):
                return threading.Lock()
        thing = Thing()
        first = thing.lock
        second = thing.lock
        show(first, second)
    """)[-1]
        == "1 classes"
    )


def test_a_cached_property_is_no_factory(names) -> None:
    assert (
        names("""
        import functools, threading
        class Thing:
            @functools.cached_property
            def lock(self):
                return threading.Lock()
        first, second = Thing(), Thing()
        first.lock
        show(first.lock, second.lock)
    """)[-1]
        == "1 classes"
    )


def test_a_function_called_by_a_skipped_frame_is_no_factory(names) -> None:
    assert names("""
        import functools, threading
        def make_lock():
            return threading.Lock()
        make = functools.partial(make_lock)
        cached = functools.lru_cache(make_lock)
        a = make()
        show(a)
    """)[0].startswith("app.py:3")


def test_a_default_factory_names_the_dataclass_and_the_field(names) -> None:
    left, right, other, count = names("""
        import dataclasses, threading
        @dataclasses.dataclass
        class Thing:
            left: object = dataclasses.field(default_factory=threading.Lock)
            right: object = dataclasses.field(default_factory=threading.Lock)
        thing = Thing()
        other = Thing()
        show(thing.left, thing.right, other.left)
    """)

    assert (left.endswith(" Thing.left"), right.endswith(" Thing.right")) == (True, True)
    assert (other, count) == (left, "2 classes")


def test_a_lock_made_by_generated_code_belongs_to_its_caller(names) -> None:
    shown = names("""
        import threading
        space = {"threading": threading}
        exec("def build():\\n    lock = threading.Lock()\\n    return [lock]", space)
        a = space["build"]()[0]
        b = space["build"]()[0]
        show(a, b)
    """)

    assert ["app.py:4" in shown[0], "app.py:5" in shown[1], shown[2]] == [True, True, "2 classes"]


def test_locks_of_the_standard_library_are_named_after_their_maker(names) -> None:
    assert names("""
        import queue, threading
        jobs = queue.Queue()
        ranked = queue.PriorityQueue()
        ready = threading.Condition()
        done = threading.Event()
        units = threading.Semaphore(2)
        show(jobs, ranked, ready, done, units)
    """)[:5] == [
        "queue.Queue.mutex made at app.py:2",
        "queue.Queue.mutex made at app.py:3",
        "app.py:4 ready",
        "threading.Event._cond made at app.py:5",
        "threading.Semaphore._cond made at app.py:6",
    ]


def test_a_lock_of_a_queues_subclass_is_named_after_the_queue(names) -> None:
    assert (
        names("""
        import queue
        class Jobs(queue.Queue):
            def __init__(self):
                super().__init__(10)
        one = Jobs()
        two = Jobs()
        show(one, two)
    """)[:2]
        == ["queue.Queue.mutex made at app.py:4"] * 2
    )


def test_a_name_given_wins(names) -> None:
    assert names("""
        from lockdep.threading import Lock, RLock
        class Table:
            def __init__(self):
                self.lock = Lock(name="tables")
        other = Lock(name="tables")
        show(Table().lock, other, RLock(name="tables"))
    """) == ["tables", "tables", "tables#2", "2 classes"]


def test_the_name_is_the_place_if_the_source_shows_no_variable(names) -> None:
    assert names("""
        import threading
        box = []
        box.append(threading.Lock())
        show(box[0], threading.Lock())
        made = (
            threading.Lock()
        )
        show(made)
    """) == ["app.py:3", "app.py:4", "2 classes", "app.py:6", "1 classes"]


def test_names_do_not_depend_on_the_folder(tmp_path: Path) -> None:
    source = "import pack.deep.locks as locks\nprint(locks.lock.entry.lock_class.name)\n"
    shown = set()
    for folder in ("one", "two"):
        (tmp_path / folder / "pack" / "deep").mkdir(parents=True)
        (tmp_path / folder / "pack" / "deep" / "locks.py").write_text("import threading\nlock = threading.Lock()\n")
        done = program(tmp_path / folder, source)
        assert done.returncode == 0, done.stderr
        shown.add(done.stdout)

    assert shown == {"pack/deep/locks.py:2 lock\n"}


def test_a_finding_has_the_same_id_in_every_folder_and_run(tmp_path: Path) -> None:
    source = """
import threading
import lockdep
a = threading.Lock()
b = threading.Lock()
for first, second in ((a, b), (b, a)):
    with first, second:
        pass
print([finding.id for finding in lockdep.findings()])
"""
    ids = set()
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        for turned in (source, source.replace("((a, b), (b, a))", "((b, a), (a, b))")):
            ids.add(program(tmp_path / folder, turned).stdout)

    assert len(ids) == 1
    assert len(ids.pop().strip()) == len("['0123456789ab']")


PROJECT = """
import os, threading
os.chdir("/")
accounts = threading.Lock()
print(accounts.entry.lock_class.name)
"""


@pytest.mark.parametrize(("mark", "name"), [("pyproject.toml", "tools/prog.py"), ("nothing", "prog.py")])
def test_a_name_does_not_depend_on_the_working_directory(tmp_path: Path, mark: str, name: str) -> None:
    (tmp_path / mark).touch()
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "prog.py").write_text(PROJECT)
    shown = set()
    for folder, path in (
        (tmp_path, "tools/prog.py"),
        (tmp_path / "tools", "prog.py"),
        (ROOT, tmp_path / "tools/prog.py"),
    ):
        command = [sys.executable, "-m", "lockdep", "run", path]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=PROGRAM_LIMIT
        )
        shown.add(done.stdout)

    assert shown == {f"{name}:4 accounts\n"}


def test_locks_of_ignored_modules_are_not_tracked(tmp_path: Path) -> None:
    (tmp_path / "noisy.py").write_text("import threading\na = threading.Lock()\nb = threading.Lock()\n")
    source = "import noisy\nfor x, y in ((noisy.a, noisy.b), (noisy.b, noisy.a)):\n    with x, y: pass\n"

    assert program(tmp_path, source).returncode == 66
    done = program(tmp_path, source, LOCKDEP_OPTIONS="ignore=nois*")
    assert (done.returncode, "WARNING" in done.stderr) == (0, False)
