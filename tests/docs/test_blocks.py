"""Each code block of the README and of the pages in docs/ is run, and prints what it shows."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

import pytest

from lockdep.config import load_options
from tests.docs.blocks import RUN, Block, blocks_of, indented_blocks
from tests.docs.shell import MISTAKES, Shell, matches, shell, stripped
from tests.sourcetree import ROOT

pytestmark = pytest.mark.once

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
AUTHORS = "CONTRIBUTING.md"  # its commands are for a checkout and take minutes; it has no output
OPTIONAL = {  # what says in a page that it needs a library
    "from opentelemetry": "opentelemetry.sdk",
    "from prometheus_client": "prometheus_client",
    "import sentry_sdk": "sentry_sdk",
    "\nlockdep completion": "shtab",
    "lockdep push": "sqlalchemy",
}
by_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the examples, as in a checkout."""
    made = tmp_path / "page"
    made.mkdir()
    (made / "pyproject.toml").write_text("")
    shutil.copytree(ROOT / "examples", made / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    return made


@by_page
def test_each_block_is_of_a_kind_that_is_run_or_says_why_not(page: Path) -> None:
    odd = [(one.line, one.language) for one in blocks_of(page) if one.language not in RUN and not one.reason]

    assert odd == []
    assert page.name == AUTHORS or indented_blocks(page) == []


@pytest.mark.parametrize(
    "page", [one for one in PAGES if one.name != AUTHORS and blocks_of(one)], ids=lambda page: page.stem
)
def test_the_blocks_of_a_page_do_what_they_show(page: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    text = page.read_text(encoding="utf-8")
    for library in {library for words, library in OPTIONAL.items() if words in text}:
        pytest.importorskip(library)
    blocks = [one for one in blocks_of(page) if one.reason is None]
    with shell(folder) as reader:
        for block in blocks:
            check(block, page, reader)
        if any(one.language in ("python", "pycon") and one.title is None for one in blocks):
            told = reader.run(f"python -m tests.docs.session {page}")
            assert reader.status == 0, told


def check(block: Block, page: Path, reader: Shell) -> None:
    """Do what a reader does with a block: keep it as a file, or type its commands."""
    where = f"{page.name}:{block.line}"
    if block.title is not None:
        path = reader.folder / block.title
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, encoding="utf-8")
    if block.language == "toml":
        check_toml(block.text)
    if block.language == "yaml":
        check_yaml(block.text, reader, where)
    if block.language == "sh":
        for command in block.text.splitlines():
            understood(command, reader, where)
    if block.language == "console":
        for command, wanted in block.commands():
            got = reader.run_until(command, wanted)
            assert matches(wanted, got), f"{where} $ {command}\n{stripped(got)}"


def understood(command: str, reader: Shell, where: str) -> None:
    told = reader.run(command)
    assert reader.status not in MISTAKES, f"{where} $ {command}\n{told}"


def check_toml(text: str) -> None:
    """Options of lockdep must be known."""
    load_options(**tomllib.loads(text).get("tool", {}).get("lockdep", {}))


def check_yaml(text: str, reader: Shell, where: str) -> None:
    """The commands of ours in a workflow or a hook are run."""
    read = pytest.importorskip("yaml").safe_load(text)
    steps = [step for job in read.get("jobs", {}).values() for step in job["steps"]]
    hooks = [hook for repository in read.get("repos", ()) for hook in repository["hooks"]]
    for command in [*(step.get("run", "") for step in steps), *(hook["entry"] for hook in hooks)]:
        if command.startswith(("pytest", "lockdep")):
            understood(command.strip(), reader, where)


def test_the_figures_of_the_readme_are_those_of_the_page_about_costs() -> None:
    figures = [line for line in (ROOT / "README.md").read_text().splitlines() if line.startswith("| `with lock")]

    assert figures
    assert [line for line in figures if line not in (ROOT / "docs/costs.md").read_text().splitlines()] == []
