"""Reports that are made from a snapshot: each format renders any snapshot, and has the content that it should."""

import itertools
import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree

import networkx
import pytest
from hypothesis import example, given, settings, strategies

from lockdep.reports import formats
from lockdep.reports.chain_table import render_chains
from lockdep.reports.class_table import key, render_classes
from lockdep.reports.formats import graphml
from lockdep.reports.stats_table import render_stats
from lockdep.snapshots.lock_statistics import ClassStatistics, Durations
from lockdep.snapshots.records import ChainRecord
from lockdep.snapshots.snapshot import Snapshot
from lockdep.splats.styles import Look
from tests.patience import PROGRAM_LIMIT
from tests.snapshots.snapshot_makers import NAMES, seen, snapshots

pytestmark = pytest.mark.once

A, B, C = NAMES[:3]
INVERSION = Snapshot.merged([seen("one", "AB", "BC"), seen("two", "BA")])
NASTY = 'a "b" <c> | `d`\n]; \\e &amp; --> {f} #g \x00 \udc80'


def renamed(snapshot, name):
    """Return a snapshot in which the class A has another name."""
    return Snapshot.parse(snapshot.dumps().replace(json.dumps(A)[1:-1], json.dumps(name)[1:-1]), "renamed")


def nasty():
    """Return the inversion with a class name that has characters of every syntax."""
    return renamed(INVERSION, NASTY)


def hidden():
    """Return the inversion with its finding suppressed."""
    return Snapshot.merged([seen("one", "AB", suppress=("circular: *",)), seen("two", "BA")])


@pytest.mark.parametrize("name", formats.names())
@settings(max_examples=20)
@given(snapshots())
def test_every_format_renders_any_snapshot(name, snapshot):
    for look in (Look("short"), Look("kernel", colour=True)):
        assert isinstance(formats.render(name, snapshot, look=look), str)
    assert isinstance(formats.render(name, Snapshot()), str)


def test_each_file_of_the_package_is_a_format():
    assert formats.names() == [
        "dot", "github", "graphml", "hierarchy", "html", "json", "markdown", "mermaid", "sarif", "snapshot", "splat",
    ]  # fmt: skip


# The findings


def test_the_splat_format_has_the_text_of_the_finding():
    assert formats.render("splat", INVERSION, look=Look("kernel")) == INVERSION.findings[0].text


def test_colours_do_not_change_the_text():
    looks = (Look(style="kernel", colour=colour) for colour in (False, True))
    plain, coloured = (formats.render("splat", INVERSION, look=look) for look in looks)
    assert "\x1b[1;31mWARNING: possible circular locking dependency detected\x1b[0m\n" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


def test_escape_characters_in_names_are_shown_not_sent():
    text = INVERSION.dumps().replace("takes_A", "takes_\\u001b[31mA")
    assert "\\x1b[31mA" in formats.render("splat", Snapshot.parse(text, "x"), look=Look(colour=True))
    assert "\x1b[31mA" not in formats.render("splat", Snapshot.parse(text, "x"), look=Look(colour=True))


def test_json_is_a_list_of_findings():
    (finding,) = json.loads(formats.render("json", INVERSION))
    assert (finding["slug"], finding["classes"], finding["across"]) == ("circular", [A, B], True)


@pytest.mark.parametrize("name", ["splat", "json", "dot", "mermaid"])
def test_suppressed_findings_are_not_shown(name):
    text = formats.render(name, hidden())
    assert "possible circular" not in text
    assert "c62828" not in text


def test_the_snapshot_format_can_be_loaded_again():
    assert Snapshot.parse(formats.render("snapshot", INVERSION), "x") == INVERSION


# The graph


def test_dot_has_each_dependency_and_marks_the_cycle():
    lines = formats.render("dot", INVERSION).splitlines()
    assert [line.split(" [")[0].strip() for line in lines if "->" in line] == ["c0 -> c1", "c1 -> c0", "c1 -> c2"]
    assert ["c62828" in line for line in lines if "->" in line] == [True, True, False]


def drawn(snapshot):
    """Draw the graph of a snapshot with Graphviz; return the picture."""
    text = formats.render("dot", snapshot).encode()
    done = subprocess.run(["dot", "-Tsvg"], input=text, capture_output=True, timeout=PROGRAM_LIMIT)
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode()


needs_graphviz = pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")


@needs_graphviz
def test_graphviz_draws_the_inversion():
    assert drawn(INVERSION).count('class="edge"') == 3


@needs_graphviz
@settings(max_examples=25)
@given(strategies.text())
@example(NASTY)
@example("a\x00b")
def test_graphviz_draws_a_class_of_any_name(name):
    svg = ElementTree.fromstring(drawn(renamed(INVERSION, name)))
    assert len(svg.findall(".//{*}g[@class='node']")) == 3


def test_a_class_name_cannot_end_a_dot_string():
    for line in formats.render("dot", nasty()).splitlines():
        unescaped = re.sub(r"\\.", "", line)
        assert unescaped.count('"') % 2 == 0


def test_mermaid_has_each_dependency_and_marks_the_cycle():
    assert formats.render("mermaid", INVERSION).splitlines() == [
        "flowchart LR",
        f'  c0["{A}<br/>Lock"]',
        f'  c1["{B}<br/>Lock"]',
        f'  c2["{C}<br/>Lock"]',
        "  c0 --> c1",
        "  c1 --> c0",
        "  c1 --> c2",
        "  linkStyle 0,1 stroke:#c62828,stroke-width:3px",
    ]


def test_mermaid_labels_have_no_syntax_characters():
    labels = re.findall(r'\["(.*)"\]', formats.render("mermaid", nasty()))
    assert len(labels) == 3
    assert not any(re.search(r'[\\"`|<>{}\[\]]', label.replace("<br/>", "")) for label in labels)


def test_mermaid_shows_control_characters_as_escapes():
    labels = re.findall(r'\["(.*)<br/>', formats.render("mermaid", renamed(INVERSION, "a\x00b\udc80")))
    assert "a#92;x00b#92;udc80" in labels


def test_kinds_other_than_a_plain_acquisition_are_labels():
    snapshot = seen("r", "AB:SR timed", "BC")
    assert 'label="SR timed"' in formats.render("dot", snapshot)
    assert 'c0 -->|"SR timed"| c1' in formats.render("mermaid", snapshot)


def test_networkx_reads_the_graphml():
    graph = networkx.parse_graphml(formats.render("graphml", INVERSION))
    assert set(graph.edges) == {(A, B), (B, A), (B, C)}
    assert graph.nodes[A] == {"kind": "Lock", "usage": "+.+.", "ops": 14}


def test_graphml_is_valid_xml_for_any_class_name():
    text = formats.render("graphml", nasty())
    assert len(ElementTree.fromstring(text.encode())[-1]) == 3 + 3


@settings(max_examples=50)
@given(strategies.text())
@example("a\x00b")
@example("a\\x00b")
def test_graphml_has_a_node_for_each_class_name(name):
    """A class, and another class whose name is the escaped name of the first, are two nodes."""
    first = renamed(INVERSION, name)
    other = graphml.possible(name)
    if other in (name, B, C):
        other = f"{name} again"
    both = Snapshot.merged([first, renamed(seen("three", "AD"), other)])
    assert len(networkx.parse_graphml(formats.render("graphml", both))) == 5


def test_networkx_finds_the_cycle_in_the_graph():
    assert [sorted(cycle) for cycle in networkx.simple_cycles(INVERSION.to_networkx())] == [[A, B]]


# Markdown


def test_markdown_has_runs_findings_graph_and_locks():
    stats = (ClassStatistics(A, "Lock", False, 10, 3, wait=Durations(3, 3_000_000, 1, 2_000_000)),)
    text = formats.render("markdown", Snapshot(*itertools.islice(fields(INVERSION), 5), stats))
    headings = [line for line in text.splitlines() if line.startswith("#")]
    assert headings == [
        "# lockdep",
        "## Findings",
        f"### possible circular locking dependency detected: `{A}` -> `{B}`",
        "## Dependencies",
        "## Most contended locks",
    ]
    assert "3 lock classes, 3 dependencies, 0 chains, 1 error, 0 warnings." in text
    assert "| app.py:1 A | 3 | 10 | 3.000 ms | 2.000 ms |  |  |" in text
    assert "```mermaid\nflowchart LR" in text


def fields(snapshot):
    return (snapshot.runs, snapshot.classes, snapshot.dependencies, snapshot.chains, snapshot.findings)


def test_all_rows_of_a_markdown_table_have_as_many_cells():
    for table in re.findall(r"(?:^\|.*\n)+", formats.render("markdown", nasty()), re.MULTILINE):
        cells = {len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}
        assert len(cells) == 1


def test_markdown_says_that_there_are_no_findings():
    assert "No findings." in formats.render("markdown", seen("r", "AB"))


# The /proc files


def test_classes_are_listed_as_in_proc_lockdep():
    assert render_classes(seen("r", "AB", "BC")) == (
        "all lock classes:\n"
        f"{key(A)} OPS:       7 FD:    3 BD:    1 +.+.: {A}\n"
        f" -> [{key(B)}] {B}\n"
        "\n"
        f"{key(B)} OPS:       7 FD:    2 BD:    2 +.+.: {B}\n"
        f" -> [{key(C)}] {C}\n"
        "\n"
        f"{key(C)} OPS:       7 FD:    1 BD:    3 +.+.: {C}\n"
        "\n"
    )


@pytest.mark.parametrize(("sort", "first"), [("name", A), ("fd", A), ("bd", C), ("ops", A)])
def test_classes_are_sorted_and_limited(sort, first):
    lines = render_classes(seen("r", "AB", "BC"), sort=sort, top=1).splitlines()
    assert [line.split(": ")[-1] for line in lines if "OPS:" in line] == [first]


def test_chains_are_listed_as_in_proc_lockdep_chains():
    chains = (ChainRecord(((A, ""), (B, "read"))), ChainRecord(((C, ""),), "hardirq"))
    snapshot = Snapshot(*fields(INVERSION)[:3], chains)
    assert render_chains(snapshot) == (
        "all lock chains:\n"
        "irq_context: 0\n"
        f"[{key(A)}] {A}\n"
        f"[{key(B)}] {B} (read)\n"
        "\n"
        "irq_context: hardirq\n"
        f"[{key(C)}] {C}\n"
        "\n"
    )
    assert render_chains(snapshot, sort="context", top=1).splitlines()[1] == "irq_context: hardirq"
    assert "hardirq" not in render_chains(snapshot, wanted=lambda name: name == A)


def test_stats_have_the_labels_of_proc_lockdep_stats():
    chains = (ChainRecord(((A, ""), (B, ""))), ChainRecord(((C, ""),), "hardirq"))
    text = render_stats(Snapshot(*fields(INVERSION)[:3], chains, INVERSION.findings))
    rows = dict(re.findall(r"^ (.+?): +(\d+)$", text, re.MULTILINE))
    assert list(rows)[:6] == [
        "lock-classes", "direct dependencies", "indirect dependencies", "all direct dependencies",
        "dependency chains", "dependency chain hlocks used",
    ]  # fmt: skip
    expected = {
        "lock-classes": 3, "direct dependencies": 3, "indirect dependencies": 7, "dependency chains": 2,
        "in-hardirq chains": 1, "in-process chains": 1, "hardirq-unsafe locks": 3, "hardirq-safe locks": 0,
        "max locking depth": 2, "number of stack traces": 3, "findings": 1, "runs": 2,
    }  # fmt: skip
    assert {name: int(rows[name]) for name in expected} == expected
    assert {len(line.split(" [")[0]) for line in text.splitlines()} == {43}


# The hierarchy


def test_the_hierarchy_leaves_out_what_follows_from_the_rest():
    text = formats.render("hierarchy", Snapshot.merged([seen("one", "AB", "BC", "AC")]))

    assert text == (
        "lock hierarchy: 2 of 3 dependencies say it all\n"
        f"level 0:\n  {A}\n    -> {B}\nlevel 1:\n  {B}\n    -> {C}\nlevel 2:\n  {C}\n"
    )


def test_classes_that_form_a_cycle_are_one_entry_of_the_hierarchy():
    text = formats.render("hierarchy", INVERSION)

    assert f"level 0:\n  cycle: {A} | {B}\n    -> {C}\nlevel 1:\n  {C}\n" in text


def test_names_in_the_hierarchy_stay_on_their_lines():
    lines = formats.render("hierarchy", nasty()).splitlines()

    assert [line for line in lines if not line.startswith(("lock hierarchy: ", "level ", "  "))] == []
    assert all(line.isprintable() for line in lines)
