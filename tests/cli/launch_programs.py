"""Small programs that lockdep.cli.launch must run as plain python does: name -> source.

Each prints something that a careless launcher gets wrong.
"""

NAMESPACE = """
import sys
print({name: str(value).split(" at 0x")[0] for name, value in globals().items() if name != "__builtins__"})
print(type(__builtins__).__name__, list(globals()))
print(sys.argv, sys.path[:2], sys.modules["__main__"].__dict__ is globals())
"""

PROGRAMS = {
    "namespace": NAMESPACE,
    "uncaught": """
def f(depth):
    return f(depth - 1) if depth else 1 / 0
f(2)
""",
    "uncaught_chain": """
try:
    raise ValueError("first")
except ValueError as error:
    raise KeyError("second") from error
""",
    "uncaught_group": "raise ExceptionGroup('several', [ValueError(1), TypeError(2)])",
    "uncaught_base_exception": """
class Stop(BaseException): pass
raise Stop("now")
""",
    "syntax_error": "print('never')\ndef f(:\n    pass\n",
    "indentation_error": "if True:\nprint(1)\n",
    "exit_in_function": """
import sys
def f(): sys.exit(3)
f()
""",
    "exit_in_thread": """
import sys, threading
t = threading.Thread(target=sys.exit, args=(5,)); t.start(); t.join()
print("main goes on")
""",
    "exit_subclass": """
class Leave(SystemExit): pass
raise Leave(7)
""",
    "os_exit": "import os; print('lost without a flush', end=''); os._exit(9)",
    "killed": "import os, signal; os.kill(os.getpid(), signal.SIGTERM); signal.pause()",
    "interrupted": """
import atexit, os, signal
class Last:
    def __del__(self): print("last")
last = Last()
atexit.register(print, "atexit")
os.kill(os.getpid(), signal.SIGINT)
while True: pass
""",
    "interrupt_handled": """
import os, signal
try:
    os.kill(os.getpid(), signal.SIGINT)
    while True: pass
except KeyboardInterrupt:
    print("handled")
""",
    "excepthook": """
import sys, traceback
def hook(kind, value, tb):
    names = [frame.name for frame in traceback.extract_tb(tb)]
    print("hook", kind, value, [name for name in names if not name.startswith("_run_")], sys.exc_info())
    print(sys.last_type, sys.last_value, sys.last_traceback is tb, getattr(sys, "last_exc", value) is value)
sys.excepthook = hook
def f(): raise ValueError(1)
f()
""",
    "excepthook_fails": """
import sys
def hook(*args): raise KeyError("in the hook")
sys.excepthook = hook
raise ValueError("in the program")
""",
    "excepthook_exits": """
import sys
sys.excepthook = lambda *args: sys.exit(12)
raise ValueError
""",
    "excepthook_deleted": "import sys\ndel sys.excepthook\nraise ValueError('seen')",
    "threads_then_atexit": """
import atexit, threading
atexit.register(print, "atexit 1")
atexit.register(print, "atexit 2")
main_is_over = threading.Event()
def work():
    threading.main_thread().join()
    print("thread")
    atexit.register(print, "atexit from the thread")
threading.Thread(target=work).start()
print("end of main")
""",
    "thread_started_after_main": """
import threading
def work():
    threading.main_thread().join()
    threading.Thread(target=print, args=("second thread",)).start()
threading.Thread(target=work).start()
""",
    "daemon_is_not_waited_for": """
import threading
never = threading.Event()
threading.Thread(target=never.wait, daemon=True).start()
print("end of main")
""",
    "atexit_after_traceback": """
import atexit, sys
atexit.register(lambda: print("atexit", file=sys.stderr))
1 / 0
""",
    "atexit_fails": """
import atexit
atexit.register(print, "the others run")
@atexit.register
def failing(): raise ValueError("in atexit")
""",
    "atexit_exits": """
import atexit, sys
atexit.register(lambda: sys.exit(4))
""",
    "executor_at_exit": """
import atexit, concurrent.futures, threading
atexit.register(print, "atexit")
pool = concurrent.futures.ThreadPoolExecutor(2)
ended = threading.Event()
pool.submit(lambda: ended.wait() and print("work"))
print("end of main")
ended.set()
""",
    "finalizers_at_exit": """
class Last:
    def __init__(self, name): self.name = name
    def __del__(self): print("del", self.name)
here, cycle = Last("here"), Last("cycle")
cycle.me = cycle
def kept(): return here
""",
    "thread_fails": """
import threading
t = threading.Thread(target=lambda: 1 / 0, name="failing"); t.start(); t.join()
""",
    "pickle": """
import pickle, sys
class Point:
    def __init__(self, x): self.x = x
print(pickle.loads(pickle.dumps(Point(3))).x, Point.__module__, pickle.loads(pickle.dumps(Point)) is Point)
""",
    "annotations": """
import dataclasses, typing
x: "int" = 1
@dataclasses.dataclass
class D:
    a: "list[D]"
print(typing.get_type_hints(D), D([]))
""",
    "import_main": """
import __main__
value = 5
print(__main__.value, __main__.__name__, __main__)
""",
    "unittest_main": """
import unittest
class T(unittest.TestCase):
    def test(self): self.assertEqual(__name__, "__main__")
unittest.main(verbosity=0)
""",
    "inspect_source": """
import inspect
def f():
    return 1  # a comment
print(inspect.getsource(f), inspect.getmodule(f).__name__)
""",
    "deprecation_shown_in_main": "import warnings; warnings.warn('old', DeprecationWarning)",
    "asyncio": """
import asyncio
async def main(): await asyncio.sleep(0); print("ran")
asyncio.run(main())
""",
    "stderr_gone": "import sys\nsys.stderr = None\nsys.exit('message')",
    "stdout_closed": "import sys\nprint('x')\nsys.stdout.close()",
    "unicode": "print('\\u00e9\\u4e16')",
    "unraisable": """
class Bad:
    def __del__(self): raise ValueError("in del")
Bad()
""",
    "fork": """
import os, sys, warnings
warnings.simplefilter("ignore")
pid = os.fork()
if not pid:
    sys.exit(21)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
""",
    "interrupted_while_waiting_for_threads": """
import atexit, threading
atexit.register(print, "atexit")
real = threading._shutdown
def interrupted():
    threading._shutdown = real
    raise KeyboardInterrupt
threading._shutdown = interrupted
""",
}

MULTIPROCESSING = """
import multiprocessing, sys
class Point:
    def __init__(self, x): self.x = x
def double(point): return Point(point.x * 2)
if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    with context.Pool(2) as pool:
        print([point.x for point in pool.map(double, [Point(1), Point(2)])])
    child = context.Process(target=sys.exit, args=(6,))
    child.start(); child.join()
    print(child.exitcode)
"""
