"""Merging snapshots: the order makes no difference, counts add up, and cycles that no single run saw are found."""

import dataclasses
import functools
import itertools
import tracemalloc

import networkx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockdep.snapshots.knots import knots, reach, reversed_, successors
from lockdep.snapshots.lock_statistics import ClassStatistics, Durations
from lockdep.snapshots.records import MOST_WITNESSES
from lockdep.snapshots.snapshot import Snapshot
from lockdep.vocabulary.kinds import kind_bits, kind_text
from tests.snapshots.snapshot_makers import NAMES, seen, snapshots

pytestmark = pytest.mark.once

some = settings(max_examples=25)


def verdicts(*runs):
    """Return what a merge finds beyond the runs: the classes of each cycle, by letter, and its level."""
    merged = Snapshot.merged(runs)
    return [
        ("".join(name[-1] for name in one.classes) + ("" if one.level == "error" else "?"))
        for one in merged.findings
        if one.across
    ]


# The order makes no difference


@some
@given(snapshots(), snapshots(), snapshots())
def test_merging_is_associative_and_commutative(a, b, c):
    whole = a.merge(b, c)
    assert all(Snapshot.merged(order) == whole for order in itertools.permutations((a, b, c)))
    assert a.merge(b).merge(c) == a.merge(b.merge(c)) == whole


@some
@given(snapshots(), snapshots())
def test_merging_a_snapshot_with_itself_changes_only_counts(a, b):
    for one in (a, a.merge(b)):
        assert without_counts(one.merge(one)) == without_counts(one)


@some
@given(snapshots())
def test_merging_with_nothing_changes_nothing(a):
    assert a.merge() == a
    assert a.merge(Snapshot()) == Snapshot().merge(a) == a


@some
@given(st.lists(snapshots(), max_size=4))
def test_counts_add_up(parts):
    whole = Snapshot.merged(parts)
    for count in (
        lambda one: sum(record.ops for record in one.classes),
        lambda one: sum(dependency.count for dependency in one.dependencies),
        lambda one: sum(finding.count for finding in one.findings if not finding.across),
        lambda one: sum(stat.acquisitions for stat in one.stats),
        lambda one: sum(stat.wait.total_ns for stat in one.stats if stat.wait is not None),
        lambda one: sum(count for stat in one.stats for _, count in stat.contention_points),
    ):
        assert count(whole) == sum(map(count, parts))


@some
@given(snapshots(), snapshots())
def test_a_merge_is_saved_and_loaded_again(a, b):
    whole = a.merge(b)
    assert Snapshot.parse(whole.dumps(), "text") == whole
    assert Snapshot.parse(a.dumps(), "").merge(Snapshot.parse(b.dumps(), "")) == whole


def without_counts(snapshot):
    """Return the snapshot with every count 1."""

    def plain(kind):
        witnesses = tuple(dataclasses.replace(witness, count=1) for witness in kind.witnesses)
        return dataclasses.replace(kind, count=1, witnesses=witnesses)

    return dataclasses.replace(
        snapshot,
        classes=tuple(dataclasses.replace(record, ops=1) for record in snapshot.classes),
        dependencies=tuple(
            dataclasses.replace(one, kinds=tuple(map(plain, one.kinds))) for one in snapshot.dependencies
        ),
        findings=tuple(dataclasses.replace(finding, count=1) for finding in snapshot.findings),
        stats=tuple(ClassStatistics(stat.name, stat.kind, stat.read) for stat in snapshot.stats),
    )


# Cycles across runs


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ([["AB"], ["BA"]], ["AB"]),
        ([["AB"], ["AB"]], []),
        ([["AB", "BC"], ["CA"]], ["ABC"]),
        ([["AB"], ["BC"], ["CA"]], ["ABC"]),
        ([["AB", "BA"], ["AB"]], []),  # the first run has reported this cycle itself
        ([["AB", "BA"], ["BC"], ["CA"]], ["ABC"]),  # behind a shorter cycle that one run saw
        ([["AB:ER"], ["BA:SN"]], []),  # a recursive reader does not wait for a reader
        ([["AB:EN"], ["BA:SN"]], ["AB"]),
        ([["AB:ER"], ["BA:EN"]], ["AB"]),
        ([["AB:SR"], ["BA:SR"]], []),
        ([["AB:SN"], ["BA:SN"]], ["AB"]),
        ([["AB", "BA:SR"], ["AB:ER", "BA"]], []),  # each run saw a cycle of its own
        ([["AB:ER", "BA:SN"], ["AB:EN"]], ["AB"]),  # one run saw the whole cycle, but not as a strong one
        ([["AB:EN timed"], ["BA"]], ["AB?"]),
        ([["AB:EN timed", "BC", "CB"], ["BA"]], ["AB?"]),
        ([["AB:EN wait"], ["BA:EN event"]], ["AB"]),
        ([["AB", "BC", "CD"], ["DA"], ["CA"]], ["ABC", "ABCD"]),
        ([["AA"], ["AB"]], []),  # nesting in the same class is checked by instances
    ],
    ids=str,
)
def test_cycles_that_no_single_run_saw_are_found(runs, expected):
    parts = [seen(f"run {number}", *orders) for number, orders in enumerate(runs)]
    assert verdicts(*parts) == expected
    assert verdicts(*reversed(parts)) == expected
    assert verdicts(functools.reduce(Snapshot.merge, parts)) == expected


@settings(max_examples=200)
@given(st.lists(st.lists(st.sampled_from([a + b for a in "ABCDE" for b in "ABCDE" if a != b]), max_size=5), max_size=4))
def test_every_dependency_of_a_cycle_across_runs_is_in_a_reported_cycle(runs):
    """Compare with the cycles that networkx finds.

    If no run saw the whole cycle, each of its dependencies is in a reported cycle, or in one that a run saw. A reported
    cycle exists in the graph, and no single run saw all of it.
    """
    parts = [seen(f"run {number}", *dict.fromkeys(orders)) for number, orders in enumerate(runs)]
    graph = networkx.DiGraph([tuple(order) for orders in runs for order in orders])
    merged = Snapshot.merged(parts)
    reported = [{(prev[-1], next_[-1]) for prev, next_ in one.dependencies} for one in merged.findings]
    for cycle in reported:
        assert cycle <= set(graph.edges)
        assert not any({tuple(order) for order in orders} >= cycle for orders in runs)
    for cycle in networkx.simple_cycles(graph):
        steps = {(cycle[at - 1], step) for at, step in enumerate(cycle)}
        if any({tuple(order) for order in orders} >= steps for orders in runs):
            continue
        assert all(any(step in one for one in reported) or in_own_cycle(step, runs) for step in steps)


def in_own_cycle(step, runs):
    """Return whether some run saw this dependency as part of a cycle, which it has reported itself."""
    graphs = [networkx.DiGraph([tuple(order) for order in orders]) for orders in runs]
    return any(g.has_edge(*step) and networkx.has_path(g, step[1], step[0]) for g in graphs)


def test_the_finding_names_the_run_of_each_dependency(tmp_path):
    seen("1", "AB").save(tmp_path / "one.json")
    seen("2", "BA").save(tmp_path / "two.json")
    merged = Snapshot.merged(Snapshot.load(tmp_path / name) for name in ("one.json", "two.json"))
    (finding,) = merged.findings
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    assert f"{NAMES[0]} -> {NAMES[1]} in {one}; {NAMES[1]} -> {NAMES[0]} in {two}" in finding.reason
    assert f"thread of 1 in {one}" in finding.text
    assert f"thread of 2 in {two}" in finding.text
    assert "app.py:10 in takes_A" in finding.text
    assert (finding.slug, finding.grade, finding.level) == ("circular", "potential", "error")


def test_a_cycle_across_runs_has_the_id_of_the_same_cycle_in_one_run():
    from tests.worlds import found, nest, world  # imported here: their lock classes belong to the process

    merged = Snapshot.merged([seen("1", "AB"), seen("2", "BA")])
    with world() as validator:
        import lockdep.threading

        a, b = (lockdep.threading.Lock(name) for name in NAMES[:2])
        nest(a, b)
        nest(b, a)
        assert found() == ["circular"]
        assert merged.findings[0].id == validator.findings()[0].id


def test_a_cycle_that_a_run_has_reported_is_not_reported_again():
    whole = Snapshot.merged([seen("1", "AB"), seen("2", "BA")])
    (across,) = whole.findings
    header = dataclasses.replace(across.document.header, reason="own")
    document = dataclasses.replace(across.document, header=header)
    finding = dataclasses.replace(across, across=False, document=document)
    own = dataclasses.replace(seen("3", "CD"), findings=(finding,))
    assert [finding.reason for finding in whole.merge(own).findings] == ["own"]


def test_suppressions_of_a_run_apply_to_cycles_across_runs():
    parts = [seen("1", "AB"), seen("2", "BA", suppress=("circular: app.py:1 A -> *  # agreed",))]
    assert [finding.suppressed for finding in Snapshot.merged(parts).findings] == [True]
    assert [finding.suppressed for finding in Snapshot.merged([parts[0], seen("2", "BA")]).findings] == [False]


def test_a_merged_finding_is_suppressed_only_if_all_are():
    (finding,) = Snapshot.merged([seen("1", "AB"), seen("2", "BA")]).findings
    shown, hidden = (dataclasses.replace(finding, across=False, suppressed=flag, count=2) for flag in (False, True))
    assert (hidden.merged(hidden).suppressed, hidden.merged(shown).suppressed) == (True, False)
    assert hidden.merged(shown).count == 4


def test_the_number_of_witnesses_is_bounded_but_counts_are_not():
    parts = [seen(f"run {number:03}", "AB") for number in range(50)]
    ((kind,),) = (one.kinds for one in Snapshot.merged(parts).dependencies)
    assert (kind.count, len(kind.runs), len(kind.witnesses), kind.saturated) == (50, 50, MOST_WITNESSES, True)


def test_a_class_with_two_kinds_of_lock_gets_both():
    a = seen("1", "AB")
    other = dataclasses.replace(
        seen("2", "AB"), classes=tuple(dataclasses.replace(record, kind="RLock") for record in a.classes)
    )
    assert {record.kind for record in a.merge(other, a).classes} == {"Lock / RLock"}


def test_merging_forty_snapshots_takes_little_more_memory_than_four():
    """Each snapshot is dropped before the next one is made. Only the names of the runs add up."""

    def peak(count):
        tracemalloc.start()
        Snapshot.merged(chain_of_locks(number) for number in range(count))
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return top

    peak(1)
    assert peak(40) < 1.5 * peak(4)


def chain_of_locks(number):
    """Return the snapshot of a run with a thousand dependencies and with stacks of its own."""
    run = seen(f"run {number:03}", "AB")
    record, (one,) = run.classes[0], run.dependencies
    names = [f"big.py:{line:04} lock" for line in range(1001)]
    classes = tuple(dataclasses.replace(record, name=name) for name in names)
    pairs = itertools.pairwise(names)
    dependencies = tuple(dataclasses.replace(one, prev=prev, next=next_) for prev, next_ in pairs)
    return dataclasses.replace(run, classes=classes, dependencies=dependencies)


# Helper functions


@given(st.integers(0, 31))
def test_the_text_of_a_kind_gives_the_kind_again(kind):
    assert kind_bits(kind_text(kind)) == kind


@settings(max_examples=200)
@given(st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=12, unique=True))
def test_knots_and_reach_agree_with_networkx(pairs):
    one = seen("r", "AB").dependencies[0]
    after = successors(dataclasses.replace(one, prev=prev, next=next_) for prev, next_ in pairs)
    graph = networkx.DiGraph(pairs)
    assert sorted(knots(after)) == sorted(map(sorted, networkx.strongly_connected_components(graph)))
    assert reach(after) == {name: 1 + len(networkx.descendants(graph, name)) for name in graph}
    assert reach(reversed_(after)) == {name: 1 + len(networkx.ancestors(graph, name)) for name in graph}


def test_the_minimum_of_empty_durations_does_not_count():
    nothing, some = Durations(0, 0, 0, 0), Durations(2, 10, 4, 6, ((8, 2),))
    assert nothing.merged(some) == some.merged(nothing) == some
    assert some.merged(Durations(1, 1, 1, 1, ((2, 1), (8, 0)))) == Durations(3, 11, 1, 6, ((2, 1), (8, 2)))
