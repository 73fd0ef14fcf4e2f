"""The command line: build, run the programs, tell what the sanitizer said. See tests/sanitize/__init__.py."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from tests.sanitize import __doc__ as description
from tests.sanitize.reports import read_reports
from tests.sourcetree import ROOT, copy_source

SUPPRESSIONS = Path(__file__).with_name("tsan.supp")
FLAGS = {"asan": "address", "ubsan": "undefined", "tsan": "thread"}
OPTIONS = {
    "asan": "detect_leaks=0",  # the interpreter frees little at its end
    "ubsan": "print_stacktrace=1",
    "tsan": f"suppressions={SUPPRESSIONS}:ignore_noninstrumented_modules=1:die_after_fork=0:history_size=4:exitcode=0",
}
PROGRAMS = ("race", "storm", "onlookers", "handovers", "upheaval")
PROGRAMS += ("locktorture", "rwtorture", "seqtorture", "rcutorture", "worktorture")
LIMIT = 600  # seconds for one program, at a fifth of its usual speed
FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.sanitize", description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sanitizer", choices=FLAGS)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--only", choices=PROGRAMS, action="append")
    parser.add_argument("--keep", type=Path)
    return parser.parse_args()


def environment(sanitizer: str, tree: Path) -> dict[str, str]:
    """Return the environment in which the extensions of this tree are built and used."""
    values = dict(os.environ, PYTHONPATH=str(tree), LOCKDEP_REQUIRE_COMPILED="1", CC="gcc", LDSHARED="gcc -shared")
    values["CFLAGS"] = f"{os.environ.get('CFLAGS', '')} -O1 -g -fno-omit-frame-pointer -fsanitize={FLAGS[sanitizer]}"
    values["LDFLAGS"] = f"-fsanitize={FLAGS[sanitizer]}"
    values[f"{sanitizer.upper()}_OPTIONS"] = OPTIONS[sanitizer]
    values.pop("LOCKDEP_PURE", None)
    return values


def build(sanitizer: str, tree: Path) -> None:
    """Build the extensions into the tree, unless it has them. An error of the compiler ends the program."""
    if not tree.exists():
        copy_source(tree)
        shutil.copytree(ROOT / "tests", tree / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "setup.py", "-q", "build_ext", "--inplace"]
    done = subprocess.run(command, cwd=tree, env=environment(sanitizer, tree), capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"sanitize: the build failed\n{done.stdout[-3000:]}{done.stderr[-3000:]}")


def runtime(sanitizer: str) -> str:
    """Return the path of the sanitizer's library, which must be loaded before anything else is."""
    name = f"lib{sanitizer}.so"
    return subprocess.run(["gcc", f"-print-file-name={name}"], capture_output=True, text=True).stdout.strip()


def command_of(sanitizer: str, program: str, seconds: float) -> list[str]:
    command = [sys.executable, "-m", "tests.stress", program, "--seconds", str(seconds)]
    return ["setarch", "-R", *command] if sanitizer == "tsan" else command  # TSan wants its addresses free


def run_program(sanitizer: str, program: str, seconds: float, tree: Path, logs: Path) -> str | None:
    """Run one stress program on the tree; what is reported goes to files in `logs`. Return how it failed, if it did."""
    values = environment(sanitizer, tree)
    values["LD_PRELOAD"] = runtime(sanitizer)
    values[f"{sanitizer.upper()}_OPTIONS"] = f"{OPTIONS[sanitizer]}:log_path={logs / program}"
    if sanitizer == "asan" and not FREE_THREADED:  # else the interpreter's own allocator hides what is freed
        values["PYTHONMALLOC"] = "malloc"
    command = command_of(sanitizer, program, seconds)
    try:
        done = subprocess.run(command, cwd=tree, env=values, capture_output=True, text=True, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        return f"{program} did not end in {LIMIT} s"
    print(done.stdout[-1000:], end="", flush=True)
    return f"{program} ended with status {done.returncode}\n{done.stderr[-3000:]}" if done.returncode else None


def check_at_work(sanitizer: str, tree: Path) -> None:
    """Exit unless the extensions of the tree are used and were built with the sanitizer."""
    code = "import lockdep.fastpath._lock as m; print(m.__file__)"
    values = dict(environment(sanitizer, tree), LD_PRELOAD=runtime(sanitizer))
    prefix = ["setarch", "-R"] if sanitizer == "tsan" else []
    done = subprocess.run([*prefix, sys.executable, "-c", code], cwd=tree, env=values, capture_output=True, text=True)
    module = Path(done.stdout.strip())
    if done.returncode or tree not in module.parents or f"__{sanitizer}_".encode() not in module.read_bytes():
        sys.exit(f"sanitize: the extensions are not instrumented: {done.stdout}{done.stderr}")


def run_all(options: argparse.Namespace, work: Path) -> int:
    tree, logs = work / "tree", work / "logs"
    build(options.sanitizer, tree)
    check_at_work(options.sanitizer, tree)
    shutil.rmtree(logs, ignore_errors=True)
    logs.mkdir()
    failures = []
    for program in options.only or PROGRAMS:
        failure = run_program(options.sanitizer, program, options.seconds, tree, logs)
        failures += [failure] if failure else []
    reports = read_reports(logs)
    for text in [*failures, *reports]:
        print(f"sanitize: {text}\n")
    clean = "clean" if not failures and not reports else f"{len(reports)} reports, {len(failures)} failures"
    print(f"sanitize: {options.sanitizer} on Python {sys.version.split()[0]}: {clean}")
    return 1 if failures or reports else 0


def main() -> int:
    options = parse()
    if options.sanitizer == "tsan" and not FREE_THREADED:
        sys.exit("sanitize: TSan cannot see the GIL: use a free-threaded interpreter")
    if options.keep is not None:
        return run_all(options, options.keep.resolve())
    with tempfile.TemporaryDirectory() as work:
        return run_all(options, Path(work))


if __name__ == "__main__":
    sys.exit(main())
