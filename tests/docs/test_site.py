"""The site of the documentation is built without a warning: links, names in the reference, and files in the menu."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from lockdep.reports.explanations import explanations
from tests.patience import PROGRAM_LIMIT
from tests.sourcetree import ROOT

pytestmark = pytest.mark.once

TOOLS = ("mkdocs", "material", "mkdocstrings_handlers")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    missing = [tool for tool in TOOLS if importlib.util.find_spec(tool) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed: pip install lockdep[docs]")
    made = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", "docs/site/mkdocs.yml", "-d", str(made)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PROGRAM_LIMIT)
    assert done.returncode == 0, done.stdout + done.stderr
    return made


def test_every_page_is_built(site: Path) -> None:
    pages = {path.relative_to(ROOT / "docs").with_suffix("") for path in (ROOT / "docs").rglob("*.md")}

    assert pages
    assert [page for page in pages if not (site / page.parent / f"{page.name}.html").exists()] == []


def test_the_kinds_of_findings_are_those_that_lockdep_explains(site: Path) -> None:
    page = (site / "findings.html").read_text(encoding="utf-8")

    assert [one.slug for one in explanations() if f"<code>{one.slug}</code>: " not in page] == []


def test_the_reference_has_the_text_of_docstrings(site: Path) -> None:
    page = (site / "reference/annotations.html").read_text(encoding="utf-8")

    assert "Declare that locks of these classes are taken in this order" in page
    assert "Record that the lock may be taken here" in page


def test_nothing_is_fetched_from_the_network(site: Path) -> None:
    text = (site / "index.html").read_text(encoding="utf-8")

    assert [line for line in text.splitlines() if 'src="http' in line or "fonts.googleapis" in line] == []
