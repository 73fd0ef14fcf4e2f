"""The texts of reports: each program in golden/ must give exactly the reports that its file expects.

A story is one file with a program and constants. EXPECTED is the report in the kernel's layout, SHORT is the short one.
SHOWS maps the kinds of violations that the
story demonstrates to words that occur in no other kind's report. COMPILED_ONLY is set if the pure build cannot give the
report.

python -m tests.splats.test_splat          writes the expected texts again; read the difference before you commit it
"""

import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from lockdep.fastpath import BUILD
from lockdep.reports.explanations import explanations
from lockdep.splats import splat, tellers
from lockdep.splats.short import WIDTH
from lockdep.violations import violation
from tests.patience import PROGRAM_LIMIT
from tests.sourcetree import ROOT

GOLDEN = Path(__file__).parent / "golden"
STDLIB_FRAME = re.compile(r"^ +stdlib/.*\n.*\n", re.MULTILINE)  # its lines depend on the version
TO_PASTE = "accept  "  # how the one line of a short report begins that need not fit a terminal
STDLIB_CALL = re.compile(r"^ +(> )?(stdlib/|\.\.\. \d+ frame).*\n", re.MULTILINE)
NAMES = sorted(path.stem for path in GOLDEN.glob("*.py"))
PYTHON = re.compile(r"^Python \S+ \S+ \[", re.MULTILINE)
SUMMARY = re.compile(r"^lockdep \(\w+\):", re.MULTILINE)
KINDS = tellers.told_kinds()
LONGEST_LINE = 120
COUNTS = re.compile(r"; \d+ lock class(es)?\b.*$", re.MULTILINE)  # they depend on the standard library's version


@cache
def constants(name: str) -> dict[str, object]:
    """Return the constants of a story: EXPECTED and SHORT, and SHOWS and the marks of builds if it has them."""
    found: dict[str, object] = {}
    for statement in ast.parse((GOLDEN / f"{name}.py").read_text()).body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            target = statement.targets[0].id
            if target in ("EXPECTED", "SHORT", "SHOWS", "COMPILED_ONLY", "SHORT_COMPILED_ONLY"):
                found[target] = ast.literal_eval(statement.value)
    return found


def expected(name: str) -> str:
    """Return the expected report of a story."""
    return str(constants(name)["EXPECTED"])


def shown() -> dict[str, list[tuple[str, str]]]:
    """Return, for each kind of violation, the stories that show it, each with words of the report."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name in NAMES:
        shows = constants(name).get("SHOWS", {})
        assert isinstance(shows, dict)
        for kind, words in shows.items():
            found.setdefault(kind, []).append((name, words))
    return found


def report(name: str, pure: str, style: str) -> str:
    """Run a program of golden/ and return its report, without the parts that depend on the version and the build.

    A copy is run outside of the project, so that the paths in the report are short.
    """
    env = dict(os.environ)
    env |= {"PYTHONPATH": str(ROOT), "LOCKDEP_PURE": pure, "LOCKDEP_OPTIONS": f"style={style}"}
    env["PYTHONWARNINGS"] = "ignore::DeprecationWarning"  # since 3.12, CPython warns of a fork beside other threads
    with tempfile.TemporaryDirectory() as folder:
        program = shutil.copy(GOLDEN / f"{name}.py", folder)
        command = [sys.executable, "-m", "lockdep", "run", "--show-unmatched", program]
        done = subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, timeout=PROGRAM_LIMIT)
    text = COUNTS.sub("", SUMMARY.sub("lockdep:", PYTHON.sub("Python VERSION SYSTEM [", done.stderr)))
    text = STDLIB_FRAME.sub("", text) if style == "kernel" else without_stdlib(text)
    text = re.sub(r"\(pid \d+\)", "(pid PID)", text)
    return text.replace("first taken at:", "taken at:")  # the pure build writes the former


def without_stdlib(text: str) -> str:
    """Return a short report without the calls of the standard library, and without the columns that they made wide."""
    if "stdlib/" in text:
        text = re.sub(r"(?<=\S) {2,}", "  ", text)
    return STDLIB_CALL.sub("", text)


@pytest.mark.parametrize("pure", ["0", "1"], ids=["built", "pure"])
@pytest.mark.parametrize("name", NAMES)
def test_a_program_gives_the_expected_report(name: str, pure: str) -> None:
    if constants(name).get("COMPILED_ONLY") and (pure == "1" or BUILD == "pure"):
        pytest.skip("the pure build does not know where a held lock of a known chain was taken")

    assert report(name, pure, "kernel") == expected(name)


@pytest.mark.parametrize("name", NAMES)
def test_a_program_gives_the_expected_short_report(name: str) -> None:
    if {"COMPILED_ONLY", "SHORT_COMPILED_ONLY"} & constants(name).keys() and BUILD == "pure":
        pytest.skip("the pure build does not know where a held lock of a known chain was taken")

    text = report(name, "0", "short")

    assert text == constants(name)["SHORT"]
    assert [line for line in text.splitlines() if len(line) > WIDTH and not line.startswith(TO_PASTE)] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_report_has_no_addresses_ids_or_absolute_paths(name: str) -> None:
    text = expected(name)

    assert re.findall(r"0x[0-9a-f]+", text) == []
    assert str(ROOT) not in text
    assert re.findall(r"\d{5,}", re.sub(r"\[[0-9a-f]{12}\]", "", text)) == []
    assert "lockdep/" not in text  # no frame of ours
    assert "threading.py" not in text


def test_every_kind_has_a_renderer() -> None:
    homes = Path(violation.__file__).parent.glob("*.py")
    records = {
        name for home in homes for name in re.findall(r"^class (\w+)\(Defaults\)", home.read_text(), re.MULTILINE)
    }

    assert records == {kind.__name__ for kind in KINDS}


def test_every_kind_has_a_brief() -> None:
    assert tellers.sketched_kinds() == {*KINDS}


def test_a_second_renderer_for_a_kind_is_refused() -> None:
    with pytest.raises(TypeError, match="CircularDependency is told by two functions"):
        tellers.tells(splat.CircularDependency)(lambda _page, _violation: [])


def test_stories_show_only_kinds_that_exist() -> None:
    assert shown().keys() <= {kind.__name__ for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_shown_by_a_story(kind: type) -> None:
    stories = shown()[kind.__name__]

    for name, words in stories:
        assert words in expected(name)


def test_every_kind_is_explained() -> None:
    sections = explanations()

    assert Counter(section.slug for section in sections) == Counter(kind.slug for kind in KINDS)
    for kind in KINDS:
        titles = [section.title for section in sections if section.slug == kind.slug]
        assert isinstance(kind.title, property) or any(kind.title in title for title in titles)
    assert all("\nWhat to do: " in section.text for section in sections)


def write(name: str) -> None:
    """Run a story and write its report as the expected text."""
    path = GOLDEN / f"{name}.py"
    program = path.read_text().partition("\nEXPECTED = ")[0]
    texts = {"EXPECTED": report(name, "0", "kernel"), "SHORT": report(name, "0", "short")}
    path.write_text("".join([program, *(constant(*one) for one in texts.items())]))


def constant(name: str, text: str) -> str:
    """Return the assignment of a report to a constant."""
    mark = "  # noqa: E501" if max(map(len, text.splitlines()), default=0) > LONGEST_LINE else ""
    escaped = text.replace("\\", "\\\\")
    return f'\n{name} = """\\\n{escaped}"""{mark}\n'


if __name__ == "__main__":
    for name in NAMES:
        write(name)
