"""The page for a browser: what it shows, that nothing of a program becomes markup, and that a browser shows it."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import networkx
import pytest
from hypothesis import given, settings

from lockdep.reports import formats
from lockdep.reports.drawing import DEEPEST_ARC, ROW, nodes_of
from lockdep.reports.formats import html
from lockdep.reports.layout import IN_SIGHT, layout, size
from lockdep.reports.source_context import candidates
from lockdep.snapshots.snapshot import Snapshot
from lockdep.splats.document import Side
from lockdep.trace import Frame
from tests.patience import PROGRAM_LIMIT
from tests.snapshots.snapshot_makers import seen, snapshots
from tests.sourcetree import ROOT

INVERSION = Snapshot.merged([seen("one", "AB"), seen("two", "BA")])
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
VOID = ("meta", "input")


class Tree(HTMLParser):
    """Checks that elements are closed in order, and keeps the names of all elements and the text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.names: list[str] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, _attrs: object) -> None:
        self.names.append(tag)
        if tag not in (*VOID, "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, _attrs: object) -> None:
        self.names.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_a_finding_has_both_sides() -> None:
    page = formats.render("html", INVERSION)

    assert page.count('<div class="side">') == 2
    assert page.count('<td class="mark">wants ') == 2
    assert page.count('<td class="mark">holds ') == 2
    assert INVERSION.findings[0].id in page


SOURCE = """\
import threading
a, b = threading.Lock(), threading.Lock()
def one():
    with a:
        with b:
            pass
def two():
    with b:
        with a:
            pass
one()
two()
"""


def page_of_program(folder: Path, change: str = "") -> str:
    """Run a program with an inversion, perhaps change it, and return the page of its snapshot."""
    (folder / "app.py").write_text(SOURCE)
    lockdep_in(folder, "run", "--snapshot", "seen.json", "app.py")
    (folder / "app.py").write_text(change + SOURCE)
    return lockdep_in(folder, "report", "seen.json", "--format", "html")


def lockdep_in(folder: Path, *words: str) -> str:
    """Run a command of lockdep in a directory, and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "lockdep", *words], cwd=folder, capture_output=True, text=True, timeout=PROGRAM_LIMIT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    return done.stdout


def test_the_line_that_takes_a_lock_unfolds_to_the_lines_around_it(tmp_path: Path) -> None:
    page = page_of_program(tmp_path)

    assert "<summary>with b:</summary><pre>" in page
    assert "<pre>3  def one():\n4      with a:\n5          with b:\n6              pass\n7  def two():</pre>" in page


def test_a_file_that_has_changed_since_unfolds_to_nothing(tmp_path: Path) -> None:
    page = page_of_program(tmp_path, change="# one more line\n")

    assert "with b:" in page
    assert "<summary>with b:</summary>" not in page


@pytest.mark.parametrize("name", ["/etc/passwd", "../app.py", "a\0b", "", "no such file"])
def test_a_file_that_is_not_the_projects_is_not_read(name: str) -> None:
    assert candidates(name) == []


def named(name: str, *orders: str) -> Snapshot:
    """Return what a run has seen that was read from a file of this name."""
    taken = seen(name, *orders)
    return dataclasses.replace(taken, runs=tuple(dataclasses.replace(run, file=f"{name}.json") for run in taken.runs))


def test_merged_files_show_their_differences_and_who_saw_which_half() -> None:
    merged = Snapshot.merged([named("monday", "AB", "BC"), named("tuesday", "BA", "BC")])
    findings = tuple(dataclasses.replace(one, across=False) for one in merged.findings)

    page = formats.render("html", dataclasses.replace(merged, findings=findings))

    differences = page.partition("<h2>Differences</h2>")[2].partition("<h2>")[0]
    cells = re.findall("<td[^>]*>(.*?)</td>", differences)
    assert [cells[0], *cells[1:3], cells[4], *cells[5:7]] == ["monday.json", "2", "1", "tuesday.json", "2", "1"]
    assert "app.py:1 A -&gt; app.py:2 B: seen in monday.json<" in page
    assert "app.py:2 B -&gt; app.py:1 A: seen in tuesday.json<" in page


def test_a_finding_that_only_the_merge_shows_says_once_who_saw_which_half() -> None:
    merged = Snapshot.merged([named("monday", "AB"), named("tuesday", "BA")])

    page = formats.render("html", merged)

    assert "no single run saw the whole cycle" in page
    assert "seen in" not in page


@pytest.mark.parametrize("runs", [[named("one", "AB")], [named("one", "AB"), named("one", "BA")]])
def test_one_file_has_no_differences(runs: list[Snapshot]) -> None:
    page = formats.render("html", Snapshot.merged(runs))

    assert "Differences" not in page
    assert "seen in" not in page


def test_a_sound_run_has_a_graph_and_no_findings() -> None:
    page = formats.render("html", Snapshot.merged([seen("one", "AB"), seen("two", "AB")]))

    assert "Nothing was found." in page
    assert page.count('class="node"') == 2
    assert "error" not in Tree(page).words[3:]


@settings(max_examples=20)
@given(snapshots())
def test_any_snapshot_is_a_well_formed_page(snapshot: Snapshot) -> None:
    tree = Tree(formats.render("html", snapshot))

    assert set(tree.names).isdisjoint({"b1", "img", "iframe", "link"})
    assert tree.names.count("script") == 1


def test_a_name_that_is_markup_is_text() -> None:
    name = "</script><img src=x onerror=alert(1)>\"'&"
    text = INVERSION.dumps().replace("app.py:1 A", json.dumps(name)[1:-1])

    page = formats.render("html", Snapshot.parse(text, "renamed"))

    tree = Tree(page)
    assert "img" not in tree.names
    assert any(name in words for words in tree.words)


def test_a_page_needs_no_network() -> None:
    page = formats.render("html", INVERSION)

    assert re.findall(r"(?:src|href)=|url\((?!#)|@import|https?://", page) == []


def test_a_class_is_drawn_after_those_that_are_taken_before_it_and_a_cycle_on_one_level() -> None:
    spots = layout([("a", "b"), ("b", "c"), ("c", "b"), ("a", "d"), ("c", "e")])

    assert {name: spot.level for name, spot in spots.items()} == {"a": 0, "b": 1, "c": 1, "d": 1, "e": 2}
    assert len(set(spots.values())) == len(spots)


LAYERED = [("a", "b"), ("b", "c"), ("c", "b"), ("a", "d"), ("c", "e"), ("x", "d"), ("x", "y"), ("y", "z")]


def test_classes_are_placed_as_by_the_multipartite_layout_of_networkx() -> None:
    pytest.importorskip("numpy", reason="the layouts of networkx need numpy")
    pytest.importorskip("networkx", minversion="3.3", reason="it keeps the order of classes on a level")
    spots = layout(LAYERED)
    levels: dict[int, list[str]] = {}
    for name, spot in sorted(spots.items(), key=lambda item: item[1]):
        levels.setdefault(spot.level, []).append(name)
    wide, high = size(spots)

    places = networkx.multipartite_layout(networkx.DiGraph(LAYERED), levels, scale=max(wide - 1, high - 1) / 2)

    assert {name: (spot.level - (wide - 1) / 2, spot.place - (high - 1) / 2) for name, spot in spots.items()} == {
        name: pytest.approx(tuple(place)) for name, place in places.items()
    }


def test_a_short_level_is_in_sight_beside_one_of_thousands() -> None:
    spots = layout([("first", f"{number:04}") for number in range(3000)])

    assert spots["first"].place < IN_SIGHT
    assert spots["2999"].place == 2999


def test_names_and_arcs_have_room_of_their_own() -> None:
    nodes = nodes_of(layout(LAYERED))

    assert len({(node.level, node.y) for node in nodes.values()}) == len(nodes)
    assert all(abs(one.y - two.y) >= ROW for one in nodes.values() for two in nodes.values()
               if one != two and one.level == two.level)  # fmt: skip
    assert all(one.end + DEEPEST_ARC < two.x for one in nodes.values() for two in nodes.values()
               if one.level < two.level)  # fmt: skip


def test_a_long_name_is_drawn_by_its_end_and_kept_in_full_for_the_filter() -> None:
    name = "package/" * 20 + "module.py:1 self.lock"
    page = formats.render("html", Snapshot.parse(INVERSION.dumps().replace("app.py:1 A", name), "renamed"))

    assert re.search(r"<text[^>]*>…[^<]*module.py:1 self.lock</text>", page)
    assert f'data-name="{name}"' in page


@pytest.mark.parametrize(("most", "ticked"), [(4, False), (3, True)])
def test_a_large_graph_shows_first_what_is_in_findings(
    most: int, ticked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(html, "MANY", most)
    page = formats.render("html", Snapshot.merged([seen("one", "AB"), seen("two", "BA"), seen("three", "CD")]))

    assert (' id="found" checked>' in page) == ticked


def test_without_findings_there_is_nothing_to_show_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "MANY", 0)

    assert 'id="found"' not in formats.render("html", seen("one", "AB")).partition("<script>")[0]


def test_the_same_snapshot_gives_the_same_page(tmp_path: Path) -> None:
    INVERSION.save(str(tmp_path / "seen.json"))
    command = [sys.executable, "-m", "lockdep", "report", "seen.json", "--format", "html"]

    pages = [
        subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=PROGRAM_LIMIT,
                       env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed}).stdout
        for seed in ("1", "2")
    ]  # fmt: skip

    assert pages[0] == pages[1] != b""


@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium on this machine")
def test_a_browser_shows_the_page_and_its_filter_works(tmp_path: Path) -> None:
    page = formats.render("html", Snapshot.merged([seen("one", "AB"), seen("two", "BA"), seen("three", "CD")]))
    calls = (Frame("lib/pool.py", 1, "run", "work()", True), ""), (Frame("app.py", 2, "work", "with a:"), "holds A")
    told = html.side(Side("T took A", calls))
    typed = """{
    const shown = () => [...document.querySelectorAll(".added tr")].filter(row => row.checkVisibility()).length;
    const before = shown();
    document.querySelector(".added input").click();
    const field = document.getElementById("filter");
    field.value = "app.py:3"; field.dispatchEvent(new Event("input"));
    const hidden = () => document.querySelectorAll("svg g.node.hidden").length;
    const near = hidden(), dots = [...document.querySelectorAll("svg g.node:not(.hidden) circle")];
    const top = document.querySelector("svg").getBoundingClientRect().top;
    const rows = dots.map(dot => Math.round(dot.getBoundingClientRect().top - top));
    field.value = ""; document.getElementById("found").click();
    document.title = `hidden ${near} and ${hidden()}, rows ${rows}, calls ${before} and ${shown()}`;
    }"""
    page = page.replace("<script>", f'<div class="added">{told}</div><script>').replace(
        "</script>", f"{typed}</script>"
    )
    (tmp_path / "page.html").write_text(page)

    command = [
        str(BROWSER),
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--dump-dom",
        f"file://{tmp_path}/page.html",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PROGRAM_LIMIT)

    assert "<title>hidden 2 and 2, rows 24,24, calls 1 and 2</title>" in done.stdout, done.stderr
    assert "1 frame of lib</label>" in done.stdout
