"""Each kind of child process: what it finds counts in the run, and a sound one stays silent."""

from __future__ import annotations

import os
import sys
import venv
from pathlib import Path

import pytest

from tests.processes.runs import ABBA, run
from tests.sourcetree import ROOT
from tests.worlds import PLAIN, program

pytestmark = [pytest.mark.scenes, pytest.mark.any_build]

BUILDS = pytest.mark.parametrize(
    "pure", ["0", pytest.param("1", marks=pytest.mark.pure_build)], ids=["default", "pure"]
)
WORK = pytest.mark.parametrize("work", ["abba", "abab"])

KINDS = {
    "fork": """
if __name__ == "__main__":
    import os
    if not os.fork():
        WORK()
        sys.exit(0)
    os.wait()
""",
    "fork and _exit": """
if __name__ == "__main__":
    import os
    if not os.fork():
        WORK()
        os._exit(0)
    os.wait()
""",
    "mp fork": """
if __name__ == "__main__":
    import multiprocessing
    child = multiprocessing.get_context("fork").Process(target=WORK)
    child.start()
    child.join()
    sys.exit(child.exitcode)
""",
    "mp spawn": """
if __name__ == "__main__":
    import multiprocessing
    child = multiprocessing.get_context("spawn").Process(target=WORK)
    child.start()
    child.join()
    sys.exit(child.exitcode)
""",
    "mp forkserver": """
if __name__ == "__main__":
    import multiprocessing
    child = multiprocessing.get_context("forkserver").Process(target=WORK)
    child.start()
    child.join()
    sys.exit(child.exitcode)
""",
    "pool": """
if __name__ == "__main__":
    from concurrent.futures import ProcessPoolExecutor
    with ProcessPoolExecutor(1) as pool:
        pool.submit(WORK).result()
""",
    "subprocess": """
import subprocess
if len(sys.argv) > 1:
    WORK()
else:
    subprocess.run([sys.executable, __file__, "child"], check=True)
""",
    "subprocess without the environment": """
import subprocess
if len(sys.argv) > 1:
    WORK()
else:
    subprocess.run([sys.executable, __file__, "child"], check=True, env={"PYTHONPATH": PATH})
""",
    "subprocess of a shell": """
import os
if len(sys.argv) > 1:
    WORK()
else:
    sys.exit(os.system(f"cd / && {sys.executable} {os.path.abspath(__file__)} child"))
""",
    "spawnv": """
import os
if len(sys.argv) > 1:
    WORK()
else:
    sys.exit(os.spawnv(os.P_WAIT, sys.executable, [sys.executable, __file__, "child"]))
""",
    "posix_spawn": """
import os
if len(sys.argv) > 1:
    WORK()
else:
    pid = os.posix_spawn(sys.executable, [sys.executable, __file__, "child"], os.environ)
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
""",
    "fork and execve": """
import os
if len(sys.argv) > 1:
    WORK()
elif not os.fork():
    os.execve(sys.executable, [sys.executable, __file__, "child"], {"PYTHONPATH": PATH})
else:
    sys.exit(os.waitstatus_to_exitcode(os.wait()[1]))
""",
    "grandchild": """
import subprocess
if len(sys.argv) > 2:
    WORK()
else:
    subprocess.run([sys.executable, *sys.argv, "more"], check=True)
""",
}


def source_of(kind: str, work: str) -> str:
    return f"import sys\nPATH = {str(ROOT)!r}\n{ABBA}\n{KINDS[kind].replace('WORK', work)}"


@BUILDS
@WORK
@pytest.mark.parametrize("kind", KINDS)
def test_a_child_counts(tmp_path: Path, kind: str, work: str, pure: str) -> None:
    done = run(tmp_path, source_of(kind, work), LOCKDEP_PURE=pure)

    processes = 3 if kind == "grandchild" and done.summary[2] == 3 else 2  # the one in the middle may use a lock
    if work == "abba":
        done.assert_one_finding(processes)
        assert done.stderr.count("\nfound in prog.py (pid ") == 1
        assert done.findings[0]["processes"][0].startswith("prog.py (pid ")
    else:
        done.assert_silent(processes)


@BUILDS
def test_children_are_not_recorded_on_request(tmp_path: Path, pure: str) -> None:
    for kind in ("subprocess", "mp spawn"):
        run(tmp_path, source_of(kind, "abba"), "--no-children", LOCKDEP_PURE=pure).assert_silent(1)
    done = run(tmp_path, source_of("subprocess", "abba"), LOCKDEP_PURE=pure, LOCKDEP_OPTIONS="children=no")
    done.assert_silent(1)


SAME = """
import multiprocessing
if __name__ == "__main__":
    abba()
    children = [multiprocessing.get_context(METHOD).Process(target=abba) for METHOD in ("fork", "fork", "spawn")]
    for child in children:
        child.start()
    for child in children:
        child.join()
"""


@BUILDS
def test_the_same_finding_of_several_processes_counts_once(tmp_path: Path, pure: str) -> None:
    done = run(tmp_path, ABBA + SAME, LOCKDEP_PURE=pure)

    assert done.summary == (1, 0, 4), done.stderr
    (found,) = done.findings
    assert len(found["processes"]) >= 2, found["processes"]  # a forked child meets a known chain of its parent
    assert done.status == 66


INHERITED = """
import os
abba()
if not os.fork():
    abab()
    os._exit(0)
os.wait()
"""


@BUILDS
def test_what_a_child_inherits_does_not_count_twice(tmp_path: Path, pure: str) -> None:
    done = run(tmp_path, ABBA + INHERITED, "--snapshot", str(tmp_path / "s.json"), LOCKDEP_PURE=pure)

    assert done.reports == 1
    (found,) = done.findings
    assert (found["count"], len(found["processes"])) == (1, 1)


STATISTICS = """
import os, threading
counted = threading.Lock()
def use(times):
    for _ in range(times):
        with counted: pass
use(5)
if not os.fork():
    use(30)
    os._exit(0)
os.wait()
use(200)
"""


@BUILDS
def test_statistics_count_each_acquisition_once(tmp_path: Path, pure: str) -> None:
    import json

    path = tmp_path / "s.json"
    run(tmp_path, STATISTICS, "--snapshot", str(path), LOCKDEP_PURE=pure)

    stats = [one for one in json.loads(path.read_text())["stats"] if one["name"].endswith(" counted")]
    assert [one["acquisitions"] for one in stats] == [235]


HALVES = """
import multiprocessing, threading
a = threading.Lock()
b = threading.Lock()
gate = threading.Lock()
def nest(first, second, guard=None):
    if guard is not None:
        with guard, first, second: pass
    else:
        with first, second: pass
def one():
    nest(a, b, GATE)
def two():
    nest(b, a, GATE)
if __name__ == "__main__":
    for target in (one, two):
        child = multiprocessing.get_context("spawn").Process(target=target)
        child.start()
        child.join()
"""


@BUILDS
def test_halves_in_two_processes_are_a_finding(tmp_path: Path, pure: str) -> None:
    done = run(tmp_path, HALVES.replace("GATE", "None"), LOCKDEP_PURE=pure)

    done.assert_one_finding(3)
    assert "no single run saw the whole cycle" in done.findings[0]["reason"]
    assert "prog.py (pid " in done.findings[0]["reason"]


@BUILDS
def test_halves_under_a_gate_fail_nothing(tmp_path: Path, pure: str) -> None:
    done = run(tmp_path, HALVES.replace("GATE", "gate"), LOCKDEP_PURE=pure)

    assert (done.status, done.summary, done.reports) == (0, (0, 1, 3), 0), done.stderr
    assert done.findings[0]["grade"] == "unmatched"


EXCUSED = """
import os, threading
a = threading.Lock()
b = threading.Lock()
gate = threading.Lock()
def forth():
    with gate:
        with a:
            with b: pass
def back():
    with gate:
        with b:
            with a: pass
forth()
if not os.fork():
    forth()
    back()
    os._exit(0)
os.wait()
forth()
"""


@BUILDS
def test_an_excuse_of_a_child_holds_for_what_it_inherits(tmp_path: Path, pure: str) -> None:
    done = run(tmp_path, EXCUSED, LOCKDEP_PURE=pure)

    assert (done.status, done.reports) == (0, 0), done.stderr
    assert [one["grade"] for one in done.findings] == ["excused"]


# -- How a new Python finds the run

CAPTURED = """
import os, subprocess
if len(sys.argv) > 1:
    work()
    print(sorted(name for name in os.environ if name.startswith(("LOCKDEP", "PYTHON"))), sys.path[1:])
else:
    done = subprocess.run([sys.executable, *FLAGS, __file__, "child"], capture_output=True, text=True)
    print(done)
"""


@BUILDS
def test_the_output_and_environment_of_a_child_are_its_own(tmp_path: Path, pure: str) -> None:
    source = f"import sys\nFLAGS = []\n{ABBA}\nwork = abba\n{CAPTURED}"
    plain = program(tmp_path, source, command=PLAIN, LOCKDEP_PURE=pure)
    done = run(tmp_path, source, LOCKDEP_PURE=pure)

    assert done.stdout == plain.stdout.replace("'-X', 'utf8', ", "")
    done.assert_one_finding()  # which the first process has shown


@BUILDS
@pytest.mark.parametrize("flag", ["-S", "-I"])
def test_isolated_children_run_as_before(tmp_path: Path, flag: str, pure: str) -> None:
    source = f"import sys\nFLAGS = [{flag!r}]\n{ABBA}\nwork = abba\n{CAPTURED}"
    plain = program(tmp_path, source, command=PLAIN, LOCKDEP_PURE=pure)
    done = run(tmp_path, source, LOCKDEP_PURE=pure)

    assert "Traceback" not in done.stdout
    assert done.stdout.count("stderr=''") == plain.stdout.count("stderr=''") == 1


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment in which the package is installed with its .pth file."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, symlinks=True)
    (packages,) = (folder / "lib").glob("python*/site-packages")
    entries = [entry for entry in sys.path if "-packages" in entry or "packages-" in entry]
    (packages / "a.pth").write_text("\n".join([str(ROOT), *entries]))
    (packages / "lockdep_processes.pth").write_text((ROOT / "lockdep_processes.pth").read_text())
    return folder


def test_isolated_children_join_by_the_installed_file(tmp_path: Path, environment: Path) -> None:
    source = f"import sys\nFLAGS = ['-I']\n{ABBA}\nwork = abba\n{CAPTURED}"
    source = source.replace("sys.executable", repr(str(environment / "bin/python")), 1)
    (tmp_path / "tmp").mkdir()
    (tmp_path / "prog.py").write_text(source)
    import subprocess

    done = subprocess.run(
        [environment / "bin/python", "-m", "lockdep", "run", "prog.py"],
        cwd=tmp_path, capture_output=True, text=True, timeout=300,
        env={**os.environ, "TMPDIR": str(tmp_path / "tmp")},
    )  # fmt: skip

    assert done.returncode == 66, done.stderr
    assert "1 error, 0 warnings in 2 processes" in done.stderr
    assert "stderr=''" in done.stdout


def test_another_python_without_lockdep_runs_as_before(tmp_path: Path) -> None:
    other = tmp_path / "other"
    venv.create(other, symlinks=True)
    source = f"""
import os, subprocess
done = subprocess.run([{str(other / "bin/python")!r}, "-c", "import sys; print('ran', 'lockdep' in sys.modules)"],
                      capture_output=True, text=True, env={{}})
print(done.stdout, done.stderr)
"""
    done = run(tmp_path, source)

    assert done.stdout.split() == ["ran", "False"]
    assert (done.status, done.left) == (0, [])


SITE = """
import subprocess
done = subprocess.run([sys.executable, "-c", "import sitecustomize; print(sitecustomize.MARK, sitecustomize.__file__)"],
                      capture_output=True, text=True, env={"PYTHONPATH": HERE + ":" + PATH})
print(done.stdout, done.stderr)
"""


def test_the_sitecustomize_of_the_program_is_run(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/sitecustomize.py").write_text("MARK = 'mine'\n")
    source = f"import sys\nPATH = {str(ROOT)!r}\nHERE = {str(tmp_path / 'mine')!r}\n{SITE}"

    assert run(tmp_path, source).stdout.split() == ["mine", str(tmp_path / "mine/sitecustomize.py")]


NESTED = """
import subprocess
done = subprocess.run([sys.executable, "-m", "lockdep", "run", "inner.py"])
print("inner", done.returncode)
"""


@BUILDS
def test_a_run_inside_another_one(tmp_path: Path, pure: str) -> None:
    for work, inner, outer in (("abba", 66, 66), ("abab", 0, 0)):
        (tmp_path / "inner.py").write_text(f"import sys\n{ABBA}\n{KINDS['mp fork'].replace('WORK', work)}")
        done = run(tmp_path, f"import sys\n{NESTED}", LOCKDEP_PURE=pure)

        assert (done.stdout, done.status) == (f"inner {inner}\n", outer), done.stderr
        assert (done.reports, len(done.findings)) == ((1, 1) if outer else (0, 0)), done.stderr
        assert done.left == []


SERVERS = """
import multiprocessing, os
def modules(queue):
    names = open(f"/proc/{os.getppid()}/cmdline").read()
    queue.put(names)
if __name__ == "__main__":
    for method in ("spawn", "forkserver"):
        context = multiprocessing.get_context(method)
        queue = context.Queue()  # which starts the resource tracker
        child = context.Process(target=modules, args=(queue,))
        child.start()
        queue.get()
        child.join()
    from multiprocessing import resource_tracker
    maps = open(f"/proc/{resource_tracker._resource_tracker._pid}/maps").read()
    print("lockdep/fastpath" in maps)
"""


@pytest.mark.skipif(not os.path.exists("/proc/self/maps"), reason="needs /proc")
def test_the_helpers_of_multiprocessing_are_no_programs(tmp_path: Path) -> None:
    done = run(tmp_path, SERVERS)

    assert done.stdout == "False\n"
    assert done.summary == (0, 0, 3), done.stderr
    done.assert_silent(3)
