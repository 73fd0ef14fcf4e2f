"""What is kept in objects of the program: `dir` does not list it, and copies and pickles do without it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.worlds import PLAIN, program

pytestmark = pytest.mark.any_build

BUILDS = pytest.mark.parametrize(
    "pure", ["0", pytest.param("1", marks=pytest.mark.pure_build)], ids=["default", "pure"]
)

# Classes of the program that pickle all but the locks, and an object of each that was used by two threads.
USED = """
import copy, pickle, queue, threading
from concurrent.futures import Future, ThreadPoolExecutor

LOCKS = (
    "_cond", "_condition", "_lock", "acquire", "locked", "release", "_release_save", "_acquire_restore", "_is_owned",
    "_idle_semaphore", "_shutdown_lock", "_threads", "_work_queue", "_tstate_lock", "_stderr", "_invoke_excepthook",
    "_context", "_handle", "_os_thread_handle", "_started", "all_tasks_done", "mutex", "not_empty", "not_full",
    "is_shutdown", "_initializer", "_create_worker_context", "_resolve_work_item_task",
)
class Saved:
    def __getstate__(self):
        return {name: value for name, value in vars(self).items() if name not in LOCKS}
class Q(Saved, queue.Queue): pass
class E(Saved, threading.Event): pass
class F(Saved, Future): pass
class B(Saved, threading.Barrier): pass
class C(Saved, threading.Condition): pass
class S(Saved, threading.Semaphore): pass
class T(Saved, threading.Thread): pass
class X(Saved, ThreadPoolExecutor): pass

def beside(target, here):
    thread = T(target=target)
    thread.start()
    here()
    thread.join()
    return thread
def waiting():
    thread = T(target=notifying)
    with condition:
        thread.start()
        condition.wait(60)
    thread.join()
def notifying():
    with condition:
        condition.notify()
def using():
    with semaphore:
        pass

items, event, future, barrier, condition, semaphore = Q(), E(), F(), B(2), C(), S(2)
beside(lambda: items.put(1), items.get)
beside(event.set, event.wait)
beside(lambda: future.set_result(3), future.result)
future.result()
beside(barrier.wait, barrier.wait)
waiting()
using()
with X(2) as pool:
    done = pool.submit(int)
    done.result()
done.__class__ = F
everything = [items, event, future, barrier, condition, semaphore, beside(int, int), pool, done]
"""

# What a copy lacks it gets when it is used, as one that was made before lockdep was installed.
COMPARED = f"""{USED}
for each in everything:
    data = pickle.dumps(each)
    assert b"lockdep" not in data.replace(b"_lockdep_", b""), data
    print(type(each).__name__, *[sorted(dir(one)) for one in (each, pickle.loads(data), copy.deepcopy(each))])
copies = [pickle.loads(pickle.dumps(each)) for each in everything]
for copied, each in zip(copies, everything):
    vars(copied).update({{name: value for name, value in vars(each).items() if name in LOCKS}})
items, event, future, barrier, condition, semaphore, thread, pool, done = copies
beside(lambda: items.put(1), items.get)
event.clear()
beside(event.set, event.wait)
print(future.result(), done.result())
beside(barrier.wait, barrier.wait)
beside(barrier.wait, barrier.wait)
waiting()
using()
print(items.qsize(), event.is_set(), barrier.n_waiting)
"""


@BUILDS
def test_programs_do_not_see_what_is_kept_in_their_objects(tmp_path: Path, pure: str) -> None:
    plain = program(tmp_path, COMPARED, command=PLAIN)
    assert plain.returncode == 0, plain.stderr

    done = program(tmp_path, COMPARED, LOCKDEP_PURE=pure)
    assert (done.returncode, done.stdout) == (0, plain.stdout), done.stderr
