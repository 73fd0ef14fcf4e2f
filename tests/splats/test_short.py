"""The short style: whose calls are shown, how wide lines are, which style a finding gets, and colours."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lockdep.splats.short import WIDTH, beside, left_out, of_program, table
from lockdep.splats.sketch import calls
from lockdep.trace import Frame, StackTrace
from lockdep.violations.suppressions import Suppression, entry_of
from tests.worlds import program

INVERSION = """
import threading
from {package} import call
a = threading.Lock()
b = threading.Lock()

def both(first, second):
    with first:
        with second:
            pass

for pair in ((a, b), (b, a)):
    thread = threading.Thread(target=call, args=(both, *pair), name="T")
    thread.start()
    thread.join()
"""
LIBRARY = "def call(function, *arguments):\n    return again(function, *arguments)\n"
LIBRARY += "def again(function, *arguments):\n    return function(*arguments)\n"
MUTEXES = "from primitives import Mutex\na, b = Mutex(), Mutex()\nwith a, b: pass\nwith b, a: pass\n"
LOCKS = MUTEXES.replace("primitives", "threading").replace("Mutex", "Lock")


def library(folder: Path, name: str, *, installed: bool) -> None:
    """Make a package, as an installer does or as a part of the program."""
    (folder / name).mkdir()
    (folder / name / "__init__.py").write_text(LIBRARY)
    if installed:
        (folder / f"{name}-1.0.dist-info").mkdir()


@pytest.mark.parametrize("installed", [True, False])
def test_calls_of_an_installed_package_are_counted_and_those_of_the_program_shown(
    tmp_path: Path, installed: bool
) -> None:
    packages = tmp_path / "packages"
    packages.mkdir()
    library(packages, "lib", installed=installed)
    source = f"import sys\nsys.path.insert(0, {str(packages)!r})\n{INVERSION.format(package='lib')}"

    text = program(tmp_path, source).stderr

    assert text.count("    ... 2 frames of lib (--frames all)\n") == (2 if installed else 0)
    assert ("lib/__init__.py:2" in text) is not installed
    assert "lib/__init__.py:2" in program(tmp_path, source, LOCKDEP_OPTIONS="frames=all").stderr


@pytest.mark.parametrize(
    ("source", "options", "kernel"),
    [
        (LOCKS, "", False),
        (MUTEXES, "", True),
        (LOCKS, "strict=yes", True),
        (MUTEXES, "style=short", False),
        (LOCKS, "style=kernel", True),
        (LOCKS, "strict=yes style=short", False),
    ],
)
def test_the_style_fits_the_locks_unless_one_is_chosen(tmp_path: Path, source: str, options: str, kernel: bool) -> None:
    text = program(tmp_path, source, LOCKDEP_OPTIONS=options).stderr

    assert ("the existing dependency chain (in reverse order) is:" in text) is kernel
    assert ("more    lockdep explain circular" in text) is not kernel


@pytest.mark.parametrize(
    ("environment", "colours"),
    [({}, False), ({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False)],
)
def test_colours_are_those_that_are_asked_for(tmp_path: Path, environment: dict[str, str], colours: bool) -> None:
    text = program(tmp_path, LOCKS, **environment).stderr

    assert ("\x1b[1;31mERROR: possible circular" in text) is colours
    assert ("\x1b[" in text) is colours


def frame(file: str, *, of_library: bool = False) -> Frame:
    return Frame(file, 1, "f", "f()", of_library)


def test_a_call_in_a_library_that_takes_a_lock_is_shown() -> None:
    calls = [(frame("app.py"), ""), (frame("lib/a.py", of_library=True), ""), (frame("lib/b.py", of_library=True), "A")]

    shown = of_program(calls)

    assert [call.file for call, _ in shown.calls] == ["app.py", "lib/b.py"]
    assert [call.file for call in shown.left] == ["lib/a.py"]


def test_all_calls_are_shown_where_the_program_is_a_library() -> None:
    calls = [(frame("lib/a.py", of_library=True), ""), (frame("lib/b.py", of_library=True), "A")]

    assert of_program(calls).calls == calls


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (["flask/app.py"], "1 frame of flask"),
        (["stdlib/a.py", "flask/app.py"], "2 frames of flask and the standard library"),
        (["a/x.py", "b/x.py", "stdlib/y.py"], "3 frames of a, b and the standard library"),
        (["a/x.py", "b/x.py", "c.py", "d.py", "stdlib/y.py"], "5 frames of a, b and 3 more"),
    ],
)
def test_libraries_are_named(files: list[str], words: str) -> None:
    assert left_out([frame(file, of_library=True) for file in files]) == words


@pytest.mark.parametrize("source", ["with lock:", "x" * 200, ""])
@pytest.mark.parametrize("mark", ["holds A", ""])
def test_a_line_fits_a_terminal(source: str, mark: str) -> None:
    line = beside("  > app.py:1  f", source, mark)

    assert len(line) <= WIDTH
    assert line.endswith(mark)
    assert len(source) < WIDTH or "..." in line


LONG = Frame("tests/of/the/registry/test_the_registry.py", 257, "test_counts_of_running_actors", "assert counts()")
REGISTER = Frame("src/pykka/_registry.py", 128, "ActorRegistry.register", "with cls._actor_refs_lock:")


def test_the_source_of_a_line_that_takes_a_lock_goes_before_the_names_of_functions() -> None:
    first, second = (line for _, line in table([(LONG, ""), (REGISTER, "holds A")]))

    assert first == "    .../test_the_registry.py:257  test_c...  assert counts()"
    assert second == "  > src/pykka/_registry.py:128    register   with cls._actor_refs_lock:  holds A"
    assert len(second) == WIDTH


class Known(StackTrace):
    """A stack of functions, innermost first."""

    def __init__(self, *functions: str) -> None:
        super().__init__(())
        self._functions = functions

    def frames(self) -> list[Frame]:
        return [Frame("app.py", 1, function, "") for function in self._functions]


def test_stacks_that_have_lost_different_outermost_calls_are_one() -> None:
    held = Known("helper", "test", "call", "run", "call", "run")
    wanted = Known("lock", "helper", "test", "call", "run", "call")
    other = Known("lock", "elsewhere")

    for first, second in ((held, wanted), (wanted, held)):
        shown = [frame.function for frame, _ in calls((first, "holds A"), (second, "wants B"))]
        assert shown[-3:] == ["test", "helper", "lock"]
    assert len(calls((held, "holds A"), (other, "wants B"))) == 8


class About:
    """A finding of a cycle."""

    slug, id = "circular", "bf9b27b77a45"

    def __init__(self, *classes: str) -> None:
        self.classes = classes
        self.dependencies = tuple(zip(classes, classes[1:] + classes[:1], strict=True))


@pytest.mark.parametrize(
    "names", [("a.py:1 x", "b.py:22 y"), ("a.py:1 x",), ("a.py:1 x[0]", "b"), ("a < b.py:3 c", "*")]
)
def test_the_line_to_accept_a_finding_matches_it_after_lines_have_moved(names: tuple[str, ...]) -> None:
    accepted = Suppression.parse(entry_of(About(*names)))

    assert accepted.matches(About(*names))
    moved = [name if "[" in name or "*" in name else re.sub(r":\d+", ":99", name) for name in names]
    assert accepted.matches(About(*moved))


UNITS = """
import threading
units = threading.Semaphore({count})
lock = threading.Lock()

def both():
    with units, units:
        pass

def units_first():
    with units, lock:
        pass

def lock_first():
    with lock, units:
        pass

for work in {works}:
    thread = threading.Thread(target=work, name=work.__name__)
    thread.start()
    thread.join()
"""


def test_two_threads_are_told_to_hold_units_and_to_want_more(tmp_path: Path) -> None:
    text = program(tmp_path, UNITS.format(count=2, works="(both, both)")).stderr

    assert "both holds a unit of A, and wants another one\n" in text
    assert text.count("acquire(A);") == 4
    assert "another thread\n" in text
    assert "RLock" not in text


def test_a_unit_of_a_semaphore_is_not_told_as_a_lock_taken_for_reading(tmp_path: Path) -> None:
    text = program(tmp_path, UNITS.format(count=1, works="(units_first, lock_first)")).stderr

    assert "units_first took a unit of A, then B\n" in text
    assert "lock_first took B, then a unit of A\n" in text
    assert "acquire(A);" in text
    assert "for read" not in text
    assert "rlock" not in text


def test_a_lock_of_multiprocessing_is_called_so(tmp_path: Path) -> None:
    source = LOCKS.replace("import Lock", "import Lock\nimport multiprocessing").replace(
        "= Lock(),", "= multiprocessing.Lock(),"
    )
    text = program(tmp_path, source).stderr

    assert "  a  (multiprocessing)\n" in text
    assert "  b  (Lock)\n" in text


LOOP = """
import asyncio, threading
lock = threading.Lock()

async def quick():
    pass

async def slow():
    with lock:
        pass

loop = asyncio.new_event_loop()
thread = threading.Thread(target=loop.run_forever)
thread.start()
with lock:
    asyncio.run_coroutine_threadsafe(quick(), loop).result()
asyncio.run_coroutine_threadsafe({second}(), loop).result()
loop.call_soon_threadsafe(loop.stop)
thread.join()
"""


def test_the_thread_of_a_loop_takes_the_lock_and_not_the_coroutine_that_is_waited_for(tmp_path: Path) -> None:
    text = program(tmp_path, LOOP.format(second="slow")).stderr

    assert "MainThread holds A, and waits for coroutine quick [task:prog.py:5]\n" in text
    assert "the thread of its event loop takes A\n" in text
    assert "coroutine quick takes" not in text


def test_a_loop_that_takes_no_lock_is_silent(tmp_path: Path) -> None:
    assert "1 error" not in program(tmp_path, LOOP.format(second="quick")).stderr


def test_a_lock_that_a_queue_has_taken_is_shown_at_the_call_of_its_method(tmp_path: Path) -> None:
    source = """
import queue, threading
lock = threading.Lock()

class Checked(queue.Queue):
    def _put(self, item):
        with lock:
            super()._put(item)

items = Checked()
items.put(1)
with lock:
    items.empty()
"""
    lines = program(tmp_path, source).stderr.splitlines()

    assert any(line.startswith("  > prog.py:11 ") and line.endswith("holds A") for line in lines), lines
    assert not any("(compiled code)" in line for line in lines)


def test_long_names_of_three_threads_are_cut_so_that_the_scenario_fits(tmp_path: Path) -> None:
    source = """
import threading
a, b, c = threading.Lock(), threading.Lock(), threading.Lock()

def both(first, second):
    with first, second:
        pass

for number, pair in enumerate(((a, b), (b, c), (c, a))):
    thread = threading.Thread(target=both, args=pair, name=f"{number}: a thread with a name of 41 letters")
    thread.start()
    thread.join()
"""
    text = program(tmp_path, source).stderr
    scenario = text[text.index("  -----") :].split(" *** DEADLOCK ***")[0].splitlines()

    assert scenario[0].split() == ["-" * 23] * 3
    assert max(map(len, scenario)) <= WIDTH


def test_the_advice_for_locks_of_one_class_also_names_the_lock_to_release(tmp_path: Path) -> None:
    source = """
import threading
one, other = (threading.Lock() for _ in range(2))

def both(first, second):
    with first, second:
        pass

for pair in ((one, other), (other, one)):
    thread = threading.Thread(target=both, args=pair)
    thread.start()
    thread.join()
"""
    text = " ".join(program(tmp_path, source).stderr.split())
    assert "instance, or release A1 before the next one is taken accept" in text


def test_a_semaphore_has_the_name_of_its_variable(tmp_path: Path) -> None:
    text = program(tmp_path, UNITS.format(count=2, works="(both, both)")).stderr
    assert "  A  prog.py:3  units  (Semaphore)\n" in text


def test_a_semaphore_that_is_assigned_to_no_variable_has_no_name(tmp_path: Path) -> None:
    source = UNITS.format(count=2, works="(both, both)")
    source = source.replace("units = threading.Semaphore(2)", "globals().update(units=threading.Semaphore(2))")
    assert "  A  prog.py:3  (Semaphore)\n" in program(tmp_path, source).stderr
