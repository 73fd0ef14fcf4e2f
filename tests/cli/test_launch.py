"""lockdep.cli.launch against plain python: same output, same errors, same exit status for every small program."""

import os
import py_compile
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.cli.launch_programs import MULTIPROCESSING, NAMESPACE, PROGRAMS
from tests.patience import PROGRAM_LIMIT
from tests.sourcetree import ROOT

pytestmark = pytest.mark.any_build

HERE = Path(__file__).parent
DRIVER = str(HERE / "launch_driver.py")

ADDRESS = re.compile(r"0x[0-9a-f]+")
RUNPY = re.compile(r'  (?:\| +)?File "<frozen (?:runpy|importlib\._bootstrap(?:_external)?)>", line \d+, in \w+\n')
COLON = re.compile(r"^KeyboardInterrupt: ?$", re.MULTILINE)  # the C printer leaves a colon


def python(folder, *arguments, flags=(), **environment):
    """Run an interpreter in the folder; return (stdout, stderr, status)."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "LOCKDEP"))}
    env |= {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8", **environment}
    done = subprocess.run(
        [sys.executable, *flags, *arguments], cwd=folder, env=env, capture_output=True, text=True, timeout=PROGRAM_LIMIT
    )
    return ADDRESS.sub("0x", done.stdout), ADDRESS.sub("0x", done.stderr), done.returncode


def launched(folder, *arguments, **keywords):
    return python(folder, DRIVER, *arguments, **keywords)


def plain(folder, *arguments, **keywords):
    """Run plain python and remove the frames of runpy from tracebacks."""
    stdout, stderr, status = python(folder, *arguments, **keywords)
    stderr = RUNPY.sub("", stderr)
    stderr = re.sub(
        r"Traceback \(most recent call last\):\n(?=  File .*\n.*\n.*\^\n(?:Syntax|Indentation)Error)", "", stderr
    )
    return stdout, COLON.sub("KeyboardInterrupt", stderr), status


def assert_same(folder, *arguments, **keywords):
    expected = plain(folder, *arguments, **keywords)
    stdout, stderr, status = launched(folder, *arguments, **keywords)
    stderr = COLON.sub("KeyboardInterrupt", re.sub(r"^FINISH \d+\n", "", stderr, flags=re.MULTILINE))
    assert (stdout, stderr, status) == expected


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


@pytest.mark.parametrize("how", ["script", "module", "command"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_program_behaves_as_under_plain_python(folder, name, how):
    (folder / "prog.py").write_text(PROGRAMS[name], encoding="utf-8")
    command = {"script": ["prog.py"], "module": ["-m", "prog"], "command": ["-c", PROGRAMS[name]]}[how]
    if how == "command" and name in ("inspect_source", "interrupted_while_waiting_for_threads"):
        pytest.skip("which of its ways to show source python has for -c code differs by version")
    if name == "thread_started_after_main" and sys.version_info[:2] == (3, 12):
        pytest.skip("early 3.12 refuses threads from here on; launched programs are waited for before that begins")
    assert_same(folder, *command, "first", "--flag")


@pytest.mark.parametrize(
    "value", ["None", "0", "3", "-1", "256", "300", "2**40", "True", "'text'", "('a', 1)", "b'x'", "1.5", "''"]
)
def test_value_of_sys_exit_is_treated_as_under_plain_python(folder, value):
    (folder / "prog.py").write_text(f"import sys\nsys.exit({value})\n")
    assert_same(folder, "prog.py")


def test_exit_value_that_is_no_c_integer(folder):
    """Not compared with plain python, for the reason that the next test gives."""
    (folder / "prog.py").write_text("raise SystemExit(2**70)\n")
    assert launched(folder, "prog.py") == ("", "FINISH 255\n", 255)


def test_exit_value_that_cannot_be_printed(folder):
    """Not compared with plain python: some versions fail at their end, because an exception is pending."""
    (folder / "prog.py").write_text("class Odd:\n    def __str__(self): 1 / 0\nraise SystemExit(Odd())\n")
    assert launched(folder, "prog.py") == ("", "\nFINISH 1\n", 1)


@pytest.mark.parametrize("method", ["spawn", "fork", "forkserver"])
@pytest.mark.parametrize("how", [("prog.py",), ("-m", "prog"), ("-m", "pkg.prog")], ids=" ".join)
def test_multiprocessing_children(folder, method, how):
    (folder / "pkg").mkdir()
    (folder / "pkg" / "__init__.py").touch()
    for path in (folder / "prog.py", folder / "pkg" / "prog.py"):
        path.write_text(MULTIPROCESSING)
    assert_same(folder, *how, method)
    assert launched(folder, *how, method)[0] == "[2, 4]\n6\n"


@pytest.fixture
def places(folder):
    """The same program in each kind of place that python can run."""
    for name in (
        "prog.py",
        "deep/prog.py",
        "appdir/__main__.py",
        "pkg/__main__.py",
        "pkg/sub/__main__.py",
        "ns/prog.py",
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(NAMESPACE)
    (folder / "pkg" / "__init__.py").write_text("import sys; print('package', sys.argv, sys.path[0], __name__)")
    (folder / "pkg" / "sub" / "__init__.py").touch()
    (folder / "link.py").symlink_to("deep/prog.py")
    (folder / "no_suffix").write_text(NAMESPACE)
    with zipfile.ZipFile(folder / "app.zip", "w") as archive:
        archive.write(folder / "prog.py", "__main__.py")
    py_compile.compile(str(folder / "prog.py"), str(folder / "compiled.pyc"))
    return folder


@pytest.mark.parametrize("flags", [(), ("-P",), ("-O",)], ids=["", "safe path", "optimised"])
@pytest.mark.parametrize(
    "target",
    [
        ("prog.py",),
        ("./prog.py",),
        ("deep/../deep/prog.py",),
        ("link.py",),
        ("no_suffix",),
        ("compiled.pyc",),
        ("appdir",),
        ("./appdir/",),
        ("app.zip",),
        ("-m", "prog"),
        ("-m", "pkg"),
        ("-m", "pkg.sub"),
        ("-m", "ns.prog"),
        ("-m", "appdir.__main__"),
        ("-c", NAMESPACE),
    ],
    ids=lambda target: " ".join(target[:2]).strip().replace("\n", " ")[:20],
)
def test_namespace_argv_and_path_by_place(places, target, flags):
    if flags == ("-P",) and target[0] == "-m":
        pytest.skip("with a safe path python does not find a module of the working directory")
    assert_same(places, *target, "a", "-m", "--", "b", flags=flags)


def test_absolute_script_from_another_folder(places):
    assert_same("/", str(places / "deep" / "prog.py"))


def test_output_order_when_both_streams_are_one(folder):
    (folder / "prog.py").write_text("import atexit\natexit.register(print, 'atexit')\nprint('out')\n1 / 0\n")
    command = 'exec "$0" "$@" 2>&1'
    env = {"PYTHONPATH": str(HERE.parent)}
    plain_text, ours = (
        subprocess.run(
            ["sh", "-c", command, sys.executable, *arguments], cwd=folder, env=env, capture_output=True, text=True
        )
        for arguments in (["prog.py"], [DRIVER, "prog.py"])
    )
    assert ours.stdout == plain_text.stdout + "FINISH 1\n"


def test_broken_pipe_ends_as_under_plain_python(folder):
    (folder / "prog.py").write_text("print('x' * 100)\n")

    def run(*arguments):
        read, write = os.pipe()
        os.close(read)
        env = {"PYTHONPATH": str(HERE.parent)}
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=folder,
            env=env,
            stdout=write,
            stderr=subprocess.PIPE,
            timeout=PROGRAM_LIMIT,
            text=True,
        )
        os.close(write)
        return done.stderr.replace("FINISH 0\n", ""), done.returncode

    assert run(DRIVER, "prog.py") == run("prog.py")
    assert run(DRIVER, "prog.py")[1] == 120


@pytest.mark.parametrize(
    ("source", "status", "expected"),
    [("pass", 0, 0), ("raise SystemExit(3)", 3, 3), ("1 / 0", 1, 1), ("raise SystemExit(256)", 0, 0)],
)
def test_finish_is_last_and_gets_the_status(folder, source, status, expected):
    (folder / "prog.py").write_text(f"import atexit, os\natexit.register(os.write, 2, b'atexit\\n')\n{source}\n")
    _, stderr, returned = launched(folder, "prog.py")
    assert stderr.endswith(f"atexit\nFINISH {status}\n")
    assert returned == expected


def test_finish_replaces_the_status(folder):
    (folder / "prog.py").write_text("pass")
    assert launched(folder, "prog.py", END_STATUS="66")[2] == 66


def test_finish_cannot_replace_an_end_by_sigint(folder):
    (folder / "prog.py").write_text("raise KeyboardInterrupt")
    _, stderr, status = launched(folder, "prog.py", END_STATUS="66")
    assert status == -2
    assert stderr.endswith("KeyboardInterrupt\nFINISH 130\n")
    assert stderr.count("Traceback") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.py"], r"can't open file '.*missing\.py': \[Errno 2\] No such file or directory"),
        (["empty"], "can't find '__main__' module in 'empty'"),
        (["-m", "no_such_module"], "No module named 'no_such_module'"),
        (["-m", "no_such_package.module"], "No module named 'no_such_package.module'.*"),
        (["-m", "json"], r"No module named json\.__main__: 'json' is a package and cannot be run itself"),
        (["-m", ".prog"], r"relative module names are not supported: \.prog"),
        (["-m", "sys"], "No code object available for sys"),
        (["-m", "failing.module"], r"cannot import 'failing', .*: ZeroDivisionError: .*failing/__init__\.py:2\)"),
        (["-m", "failing"], r"cannot import 'failing', needed to run failing\.__main__: ZeroDivisionError: .*"),
        (["-m", "needy.module"], r"cannot import 'needy', .* 'absent' \(needy/__init__\.py:1\)"),
        (["-m", "broken.module"], r"cannot import 'broken', needed to run broken\.module: SyntaxError: .*"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)  # fmt: skip
def test_program_that_cannot_start_is_one_line(folder, arguments, message):
    if arguments == ["-m", "json"] and sys.version_info >= (3, 14):
        pytest.skip("json can be run there")
    (folder / "empty").mkdir()
    for name, source in {"failing": "\n1 / 0", "needy": "import absent", "broken": "def f(:"}.items():
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(source)
        (folder / name / "module.py").touch()
    stdout, stderr, status = launched(folder, *arguments)
    assert (stdout, status) == ("", 2)
    assert re.fullmatch(f"launch: {message}\n", stderr)


def test_package_that_exits_on_import_is_a_program_that_exits(folder):
    (folder / "pkg").mkdir()
    (folder / "pkg" / "__init__.py").write_text("raise SystemExit(8)")
    (folder / "pkg" / "__main__.py").touch()
    assert launched(folder, "-m", "pkg") == ("", "FINISH 8\n", 8)


def test_importing_launch_makes_no_locks(folder):
    makers = {"threading", "logging", "asyncio", "queue", "tempfile", "concurrent.futures"}
    code = f"import sys, lockdep.cli.launch; print(sorted({makers} & set(sys.modules)))"
    assert python(folder, "-c", code) == ("[]\n", "", 0)
