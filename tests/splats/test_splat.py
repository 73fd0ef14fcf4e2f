"""Reports as people read them: programs in golden/ and what lockdep has to say about them, word for word.

A story is one file: the program, then EXPECTED, its report; SHOWS, the kinds of violation that it is there to show,
each with words that no other kind has; and COMPILED_ONLY where the pure build does not know enough.

python -m tests.splats.test_splat          writes the expected texts anew; read the difference before you keep it
"""

import ast
import os
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from lockdep.fastpath import BUILD
from lockdep.splats import splat, tellers
from lockdep.violations import violation
from tests.patience import PROGRAM_LIMIT
from tests.sourcetree import ROOT

GOLDEN = Path(__file__).parent / "golden"
NAMES = sorted(path.stem for path in GOLDEN.glob("*.py"))
PYTHON = re.compile(r"^Python \S+ \S+ \[", re.MULTILINE)
SUMMARY = re.compile(r"^lockdep \(\w+\):", re.MULTILINE)
KINDS = tellers.told_kinds()
LONGEST_LINE = 120
COUNTS = re.compile(r"; \d+ lock classes, .*$", re.MULTILINE)  # the standard library's differ by version


@cache
def constants(name: str) -> dict[str, object]:
    """Return what a story says about itself: EXPECTED and perhaps SHOWS and COMPILED_ONLY."""
    found: dict[str, object] = {}
    for statement in ast.parse((GOLDEN / f"{name}.py").read_text()).body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            target = statement.targets[0].id
            if target in ("EXPECTED", "SHOWS", "COMPILED_ONLY"):
                found[target] = ast.literal_eval(statement.value)
    return found


def expected(name: str) -> str:
    """Return the report that a story should give."""
    return str(constants(name)["EXPECTED"])


def shown() -> dict[str, list[tuple[str, str]]]:
    """Return the stories that show each kind of violation, each with the words to look for."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name in NAMES:
        shows = constants(name).get("SHOWS", {})
        assert isinstance(shows, dict)
        for kind, words in shows.items():
            found.setdefault(kind, []).append((name, words))
    return found


def report(name: str, pure: str) -> str:
    """Run a program of golden/ and return what was written about it, without what differs by version and build."""
    env = {key: value for key, value in os.environ.items() if key != "LOCKDEP_OPTIONS"}
    env |= {"PYTHONPATH": str(ROOT), "LOCKDEP_PURE": pure}
    command = [sys.executable, "-m", "lockdep", "run", str(GOLDEN / f"{name}.py")]
    done = subprocess.run(command, env=env, cwd=GOLDEN, capture_output=True, text=True, timeout=PROGRAM_LIMIT)
    text = COUNTS.sub("", SUMMARY.sub("lockdep:", PYTHON.sub("Python VERSION SYSTEM [", done.stderr)))
    return text.replace("first taken at:", "taken at:")  # what the pure build says


@pytest.mark.parametrize("pure", ["0", "1"], ids=["built", "pure"])
@pytest.mark.parametrize("name", NAMES)
def test_report_is_as_expected(name: str, pure: str) -> None:
    if constants(name).get("COMPILED_ONLY") and (pure == "1" or BUILD == "pure"):
        pytest.skip("the pure build does not know where a held lock of a known chain was taken")

    assert report(name, pure) == expected(name)


@pytest.mark.parametrize("name", NAMES)
def test_report_names_nothing_that_changes(name: str) -> None:
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


def test_a_kind_has_one_renderer() -> None:
    with pytest.raises(TypeError, match="CircularDependency is told by two functions"):
        tellers.tells(splat.CircularDependency)(lambda _page, _violation: [])


def test_stories_show_only_kinds_that_exist() -> None:
    assert shown().keys() <= {kind.__name__ for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_shown(kind: type) -> None:
    stories = shown()[kind.__name__]

    for name, words in stories:
        assert words in expected(name)


def test_every_kind_has_a_row_in_the_readme() -> None:
    section = (ROOT / "README.md").read_text().partition("## Kinds of findings")[2].partition("\n## ")[0]
    rows = [line.split("|")[1:-1] for line in section.splitlines() if line.startswith("|")][2:]
    titles = [(slug.strip(" `"), title) for title, slug, *_ in rows]

    assert Counter(slug for slug, _ in titles) == Counter(kind.slug for kind in KINDS)
    for kind in KINDS:
        assert isinstance(kind.title, property) or any(
            slug == kind.slug and kind.title in title for slug, title in titles
        )
    assert all(len(row) == 4 and all(map(str.strip, row)) for row in rows)


def write(name: str) -> None:
    """Write the expected text of a story anew."""
    path = GOLDEN / f"{name}.py"
    text = report(name, "0")
    mark = "  # noqa: E501" if max(map(len, text.splitlines())) > LONGEST_LINE else ""
    program = path.read_text().partition("\nEXPECTED = ")[0]
    path.write_text(f'{program}\nEXPECTED = """\\\n{text}"""{mark}\n')


if __name__ == "__main__":
    for name in NAMES:
        write(name)
