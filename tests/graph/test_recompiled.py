"""Code that is compiled again and again makes locks of the same classes, and leaves nothing behind."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lockdep.fastpath import HAS_GIL
from tests.worlds import PLAIN, program

pytestmark = pytest.mark.any_build

HEAD = """
import gc, importlib, runpy, sys, threading, weakref
sys.path.insert(0, ".")
import lockdep, lockdep.runtime
from lockdep.graph.classes import registry
lockdep.install()

def run(text, name="plugin.py", **names):
    exec(compile("import threading\\n" + text, name, "exec"), names)
    return names

def classes():
    return [one for one in registry.classes() if one.entries]
"""

GROWTH = """
def growth(once, number=0):
    blocks, known = [], []
    for _ in range(6):
        gc.collect()
        blocks.append(sys.getallocatedblocks())
        known.append(len(classes()))
        for number in range(number + 1, number + 201):
            once(number)
    # The caches of the interpreter come and go, so the best of some hundred rounds counts.
    return known[-1] - known[1], min(after - before for before, after in zip(blocks, blocks[1:])) < 2 * 200
"""


@pytest.fixture(params=["0", "1"], ids=["built", "pure"])
def told(request: pytest.FixtureRequest, tmp_path: Path):
    """Return a function that runs a program and returns the lines it printed."""

    def run(source: str) -> list[str]:
        done = program(tmp_path, HEAD + GROWTH + source, command=PLAIN, LOCKDEP_PURE=request.param)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    return run


TEXTS = {
    "a module": "lock = threading.Lock()\nwith lock: pass",
    "a class": "class C:\n  def __init__(self): self.lock = threading.RLock()\nwith C().lock: pass",
    "a factory": "def make(): return threading.Lock()\nlock = make()\nwith lock: pass",
    "a condition": "done = threading.Condition()\nwith done: done.notify()",
    "a queue": "import queue\njobs = queue.Queue()\njobs.put(1)\njobs.get()",
    "a type of lock": "class L(type(threading.RLock())): pass\nlock = L()\nwith lock: pass",
    "an order": "a = threading.Lock()\nb = threading.Lock()\nwith a, b: pass",
    "an order within a class": "a, b = [threading.Lock() for _ in range(2)]\nwith a, b: pass",
    "a generator": "lock = threading.Lock()\ndef g():\n  with lock: yield\nnext(g())",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text_that_is_compiled_again_leaves_nothing(told, text: str) -> None:
    assert told(f"print(*growth(lambda number: run({text!r})))") == ["0 True"]


def test_a_module_that_is_loaded_again_leaves_nothing(told) -> None:
    assert told("""
open("plug.py", "w").write("import threading\\nlock = threading.Lock()\\nwith lock: pass\\n")
import plug
print(*growth(lambda number: importlib.reload(plug)))
print(*growth(lambda number: runpy.run_path("plug.py")))
""") == ["0 True", "0 True"]


def test_a_type_that_is_made_again_by_code_that_stays_leaves_nothing(told) -> None:
    assert told("""
def make(kind):
    lock = kind()
    return lock
base = type(threading.RLock())
print(*growth(lambda number: make(type("Own", (base,), {}))))
""") == ["0 True"]


@pytest.mark.parametrize(
    "call",
    [
        'run(f"count = {number}\\nlock = threading.Lock()\\nwith lock: pass")',
        'run(f"lock_{number} = threading.Lock()\\nwith lock_{number}: pass")',
        'run("lock = threading.Lock()\\nwith lock: pass", f"<cell {number}>")',
    ],
    ids=["a constant", "the number in a name", "the number of the cell"],
)
def test_a_text_in_which_only_numbers_change_leaves_nothing(told, call: str) -> None:
    assert told(f"print(*growth(lambda number: {call}))") == ["0 True"]


def test_texts_that_are_in_no_file_and_have_hashes_or_numbers_in_their_names_leave_nothing(told) -> None:
    assert told("""
import hashlib
def cell(number):
    name = f"<input-1-{hashlib.sha1(str(number).encode()).hexdigest()}>"
    run(f"lock = threading.Lock()\\nwith lock: x = {number}", name)
def temporary(number):
    run("lock = threading.Lock()\\nwith lock: pass", f"/nowhere/ipykernel_17/{number * 7919}.py")
print(*growth(cell), *growth(temporary))
""") == ["0 True 0 True"]


def test_files_with_numbers_in_their_names_are_not_taken_for_one(told) -> None:
    assert told("""
made = set()
for number in range(100):
    name = f"migration_{number}.py"
    open(name, "w").write("import threading\\nlock = threading.Lock()\\n")
    made.add(runpy.run_path(name)["lock"].entry.lock_class)
print(len(made))
""") == ["100"]


def test_findings_in_a_hundred_generated_modules_are_told_apart(told) -> None:
    assert told("""
lockdep.runtime.report_to(None)
for number in range(100):
    names = run("a, b = threading.Lock(), \\\n  threading.Lock()", f"part_{number}.py")
    for first, second in ("ab", "ba"):
        with names[first], names[second]:
            pass
print(len({name for finding in lockdep.findings() for name in finding.classes}))
""") == ["200"]


@pytest.mark.skipif(not HAS_GIL and sys.version_info < (3, 14), reason="this interpreter keeps all code objects")
def test_an_order_keeps_no_text_alive(told) -> None:
    assert told("""
from lockdep import places
text = "class C: lock = None\\na, b = [threading.Lock() for _ in range(2)]\\nwith a, b: C.lock = a"
for _ in range(40):  # each is collected, as it refers to itself, and each leaves the order of two instances
    run(text)
gc.collect()
places.forget_freed()
print(sum(type(one) is places.Source and one.file == "plugin.py" for one in gc.get_objects()) < 10)
""") == ["True"]


def test_code_objects_and_types_are_not_kept_alive(told) -> None:
    assert told("""
names = run("def make(): threading.Lock()\\nclass L(type(threading.RLock())): pass\\nL()")
names["make"]()
refs = [weakref.ref(names["make"].__code__), weakref.ref(names["L"])]
del names
gc.collect()
print([ref() for ref in refs])
""") == ["[None, None]"]


ORDERS = "a = threading.Lock()\nb = threading.Lock()\nwith (a if forwards else b):\n  with (b if forwards else a): pass"


def test_the_second_time_has_the_orders_of_the_first(told) -> None:
    assert told(f"""
run({ORDERS!r}, forwards=True)
run({ORDERS!r}, forwards=False)
print([one.slug for one in lockdep.findings()])
""") == ["['circular']"]


def test_the_same_order_again_is_silent(told) -> None:
    assert told(f"""
for _ in range(3):
    run({ORDERS!r}, forwards=True)
print([one.slug for one in lockdep.findings()])
""") == ["[]"]


@pytest.mark.parametrize("name", ["<stdin>", "<string>", "plugin.py"])
def test_two_texts_on_the_same_lines_are_two_classes(told, name: str) -> None:
    first = "a = threading.Lock()\nb = threading.Lock()\nwith a:\n  with b: pass"
    second = "a = threading.Lock()\nb = threading.Lock()\nwith b:\n  with a: pass"
    assert told(f"""
both = [run({first!r}, {name!r}), run({second!r}, {name!r})]
made = {{names[lock].entry.lock_class for names in both for lock in "ab"}}
print([one.slug for one in lockdep.findings()], len(made))
""") == ["[] 4"]


def test_two_texts_that_differ_in_a_constant_are_two_classes(told) -> None:
    assert told("""
locks = {}
for name in ("first", "second"):
    run(f"locks[{name!r}] = threading.Lock()", "<template>", locks=locks)
print(len({lock.entry.lock_class for lock in locks.values()}))
""") == ["2"]


def test_the_address_of_freed_code_says_nothing_about_new_code(told) -> None:
    """Each text is compiled, run and freed, so the next one is likely to stand at the same address."""
    assert told("""
kinds = {}
for number in range(4000):
    name = f"lock_{'abcdefghijklmnop'[number * 7 % 16]}"
    text = f"{name} = threading.Lock()\\nother = threading.RLock()"
    names = run(text)
    kinds.setdefault(name, set()).add((names[name].entry.lock_class, names["other"].entry.lock_class))
print(len(kinds), {len(found) for found in kinds.values()}, len(set.union(*kinds.values())))
""") == ["16 {1} 16"]


def test_living_copies_of_one_text_share_their_class(told) -> None:
    assert told("""
copies = [run("def make():\\n  lock = threading.Lock()\\n  return lock")["make"] for _ in range(5)]
made = {make().entry.lock_class for make in copies * 3}
del copies[::2]
gc.collect()
made |= {make().entry.lock_class for make in copies}
print(len(made))
""") == ["1"]
