"""What notebooks show of findings, snapshots and waits: all there is to say, and no name that becomes markup."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

import lockdep
from lockdep.notebooks import html_of
from tests.patience import PROGRAM_LIMIT, THREAD_LIMIT
from tests.reports.test_html import Tree
from tests.snapshots.snapshot_makers import seen
from tests.sourcetree import ROOT
from tests.worlds import Lock, nest, world

EVIL = "<script>alert(1)</script>"
ESCAPED = "&lt;script&gt;alert(1)&lt;/script&gt;"
ALLOWED = {
    "b",
    "code",
    "details",
    "li",
    "p",
    "pre",
    "span",
    "summary",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
}


@pytest.fixture(autouse=True)
def own_world() -> Iterator[None]:
    with world():
        yield


def invert(first: str, second: str) -> lockdep.Finding:
    a, b = Lock(first), Lock(second)
    nest(a, b)
    nest(b, a)
    (found,) = lockdep.findings()
    return found


def text_of(html: str) -> str:
    """Return the text of a page whose elements are closed in order, and are harmless."""
    tree = Tree(html)
    assert set(tree.names) <= ALLOWED
    return "".join(tree.words)


def test_a_finding_is_shown_with_its_report() -> None:
    found = invert("accounts", "audit")

    told = text_of(found._repr_html_())

    assert "ERROR: possible circular locking dependency detected" in told
    assert "MainThread took A, then B" in told
    assert str(found).strip("\n") in told  # in full, to be unfolded


def test_names_never_become_markup() -> None:
    found = invert(EVIL, "audit")
    shown = [found._repr_html_(), lockdep.snapshot()._repr_html_()]

    for html in shown:
        text_of(html)
        assert EVIL not in html
        assert ESCAPED in html


def test_a_snapshot_is_shown_with_its_findings() -> None:
    found = invert("accounts", "audit")

    told = text_of(lockdep.snapshot()._repr_html_())

    assert "2 dependencies, 1 finding" in told
    assert "1 findings" not in told
    assert found.id in told
    assert "accounts -> audit" in told


def test_a_snapshot_without_findings_has_no_table() -> None:
    told = lockdep.Snapshot.merged([seen("one", "AB")])._repr_html_()

    assert " 0 findings" in text_of(told)
    assert "<table" not in told


def test_who_waits_is_shown_as_the_picture() -> None:
    lock = Lock(EVIL)
    with lock:
        thread = threading.Thread(target=nest, args=(lock,), name="<i>waiter</i>", daemon=True)
        thread.start()
        while not lockdep.waiting().queues:
            assert thread.is_alive()
        html = lockdep.waiting()._repr_html_()
    thread.join(THREAD_LIMIT)

    assert "<i>waiter</i>" in text_of(html)
    assert EVIL not in html


def test_other_objects_are_not_shown() -> None:
    with pytest.raises(TypeError, match="a int is not shown"):
        html_of(3)


def test_reports_are_imported_when_a_notebook_asks() -> None:
    program = "import sys, lockdep; lockdep.Finding, lockdep.Snapshot, lockdep.waiting; print(*sys.modules)"

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=PROGRAM_LIMIT
    )

    assert "lockdep.notebooks" in done.stdout.split()
    assert "lockdep.reports.notebook" not in done.stdout.split()
