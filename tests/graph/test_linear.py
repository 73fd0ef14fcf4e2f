"""The work for n lock classes grows as n: counted in calls, for n and for four times as many."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.worlds import PLAIN, program

pytestmark = pytest.mark.once

COUNTED = """
import importlib, sys
sys.path.insert(0, ".")
import lockdep
lockdep.install()

def calls(work):
    count = 0
    def profile(frame, event, argument):
        nonlocal count
        count += event in ("call", "c_call")
    sys.setprofile(profile)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count

def made(name, text):
    open(name + ".py", "w").write("import threading\\n" + text)
    return importlib.import_module(name).ALL

def report(locks):
    for prev, next_ in zip(locks, locks[1:]):
        with prev, next_:
            pass
    with locks[-1], locks[0]:
        pass
    assert [found.slug for found in lockdep.findings()][-1:] == ["circular"]
    str(lockdep.findings()[-1])

def all_of(name, text):
    locks = []
    return {
        "make": calls(lambda: locks.extend(made(name, text))),
        "report": calls(lambda: report(locks)),
        "snapshot": calls(lambda: lockdep.snapshot().dumps()),
    }
"""

TEXTS = {
    "a line each": """"ALL = []\\n" + "".join(f"x{i} = threading.Lock(); ALL.append(x{i})\\n" for i in range(n))""",
    "one line": """"ALL = [" + ", ".join(["threading.Lock()"] * n) + "]" """,
}


@pytest.mark.parametrize("pure", ["0", "1"], ids=["built", "pure"])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_the_work_for_four_times_as_many_classes_is_less_than_six_times_as_much(
    tmp_path: Path, text: str, pure: str
) -> None:
    done = program(
        tmp_path,
        f"""{COUNTED}
all_of("warm", (lambda n: {text})(5))
few, many = [all_of(f"locks_{{n}}", (lambda n: {text})(n)) for n in (150, 600)]
print({{what: many[what] / few[what] < 6 for what in few}})
""",
        command=PLAIN,
        LOCKDEP_PURE=pure,
    )
    assert done.stdout.splitlines() == ["{'make': True, 'report': True, 'snapshot': True}"], done.stdout + done.stderr
