"""Merging snapshots: any order gives the same, counts add up, and cycles that no single run saw are found."""

import dataclasses
import functools
import itertools
import tracemalloc

import networkx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lockdep.snapshots.knots import knots, reach, reversed_, successors
from lockdep.snapshots.lock_statistics import ClassStatistics, Durations
from lockdep.snapshots.records import MOST_WITNESSES
from lockdep.snapshots.snapshot import Snapshot
from lockdep.vocabulary.kinds import kind_bits, kind_text
from tests.snapshots.snapshot_makers import NAMES, seen, snapshots

pytestmark = pytest.mark.once

some = settings(max_examples=25, deadline=None, suppress_health_check=HealthCheck)


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
def test_merging_with_itself_changes_counts_only(a, b):
    for one in (a, a.merge(b)):
        assert without_counts(one.merge(one)) == without_counts(one)


@some
@given(snapshots())
def test_merging_one_changes_nothing(a):
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
def test_a_merge_is_saved_and_loaded_and_merged_again(a, b):
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
        ([["AB", "BA"], ["AB"]], []),  # the first run has judged that itself
        ([["AB", "BA"], ["BC"], ["CA"]], ["ABC"]),  # behind a shorter cycle that one run saw
        ([["AB:ER"], ["BA:SN"]], []),  # a recursive reader does not wait for a reader
        ([["AB:EN"], ["BA:SN"]], ["AB"]),
        ([["AB:ER"], ["BA:EN"]], ["AB"]),
        ([["AB:SR"], ["BA:SR"]], []),
        ([["AB:SN"], ["BA:SN"]], ["AB"]),
        ([["AB", "BA:SR"], ["AB:ER", "BA"]], []),  # each run saw a cycle of its own
        ([["AB:ER", "BA:SN"], ["AB:EN"]], ["AB"]),  # seen whole by one run, but not as a strong one
        ([["AB:EN timed"], ["BA"]], ["AB?"]),
        ([["AB:EN timed", "BC", "CB"], ["BA"]], ["AB?"]),
        ([["AB:EN wait"], ["BA:EN event"]], ["AB"]),
        ([["AB", "BC", "CD"], ["DA"], ["CA"]], ["ABC", "ABCD"]),
        ([["AA"], ["AB"]], []),  # what nests in its own class is judged by instances
    ],
    ids=str,
)
def test_cycles_across_runs(runs, expected):
    parts = [seen(f"run {number}", *orders) for number, orders in enumerate(runs)]
    assert verdicts(*parts) == expected
    assert verdicts(*reversed(parts)) == expected
    assert verdicts(functools.reduce(Snapshot.merge, parts)) == expected


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(st.sampled_from([a + b for a in "ABCDE" for b in "ABCDE" if a != b]), max_size=5), max_size=4))
def test_all_knots_of_several_runs_are_found(runs):
    """networkx finds the knots: where no run saw one whole, each dependency in it is in a cycle that is reported.

    And nothing is reported outside of them, nor what one run saw whole.
    """
    parts = [seen(f"run {number}", *dict.fromkeys(orders)) for number, orders in enumerate(runs)]
    graph = networkx.DiGraph([tuple(order) for orders in runs for order in orders])
    merged = Snapshot.merged(parts)
    told = [{(prev[-1], next_[-1]) for prev, next_ in one.dependencies} for one in merged.findings]
    for cycle in told:
        assert cycle <= set(graph.edges)
        assert not any({tuple(order) for order in orders} >= cycle for orders in runs)
    for cycle in networkx.simple_cycles(graph):
        steps = {(cycle[at - 1], step) for at, step in enumerate(cycle)}
        if any({tuple(order) for order in orders} >= steps for orders in runs):
            continue
        assert all(any(step in one for one in told) or in_own_cycle(step, runs) for step in steps)


def in_own_cycle(step, runs):
    """Return whether some run saw this dependency as part of a cycle and has told of it."""
    graphs = [networkx.DiGraph([tuple(order) for order in orders]) for orders in runs]
    return any(g.has_edge(*step) and networkx.has_path(g, step[1], step[0]) for g in graphs)


def test_the_finding_says_which_run_gave_which_half(tmp_path):
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


def test_the_id_of_a_cycle_is_that_of_the_same_cycle_in_one_run():
    from tests.worlds import found, nest, world  # made here: their classes belong to the process

    merged = Snapshot.merged([seen("1", "AB"), seen("2", "BA")])
    with world() as validator:
        import lockdep.threading

        a, b = (lockdep.threading.Lock(name) for name in NAMES[:2])
        nest(a, b)
        nest(b, a)
        assert found() == ["circular"]
        assert merged.findings[0].id == validator.findings()[0].id


def test_a_cycle_that_a_run_reports_is_not_told_again():
    whole = Snapshot.merged([seen("1", "AB"), seen("2", "BA")])
    (told,) = whole.findings
    document = dataclasses.replace(told.document, header=dataclasses.replace(told.document.header, reason="own"))
    finding = dataclasses.replace(told, across=False, document=document)
    own = dataclasses.replace(seen("3", "CD"), findings=(finding,))
    assert [finding.reason for finding in whole.merge(own).findings] == ["own"]


def test_suppressions_of_the_runs_hold_for_what_they_make_together():
    parts = [seen("1", "AB"), seen("2", "BA", suppress=("circular: app.py:1 A -> *  # agreed",))]
    assert [finding.suppressed for finding in Snapshot.merged(parts).findings] == [True]
    assert [finding.suppressed for finding in Snapshot.merged([parts[0], seen("2", "BA")]).findings] == [False]


def test_a_finding_is_hidden_only_where_every_run_hid_it():
    (told,) = Snapshot.merged([seen("1", "AB"), seen("2", "BA")]).findings
    shown, hidden = (dataclasses.replace(told, across=False, suppressed=flag, count=2) for flag in (False, True))
    assert (hidden.merged(hidden).suppressed, hidden.merged(shown).suppressed) == (True, False)
    assert hidden.merged(shown).count == 4


def test_witnesses_are_bounded_and_counts_are_not():
    parts = [seen(f"run {number:03}", "AB") for number in range(50)]
    ((kind,),) = (one.kinds for one in Snapshot.merged(parts).dependencies)
    assert (kind.count, len(kind.runs), len(kind.witnesses), kind.saturated) == (50, 50, MOST_WITNESSES, True)


def test_a_lock_that_changed_its_kind_has_both():
    a = seen("1", "AB")
    other = dataclasses.replace(
        seen("2", "AB"), classes=tuple(dataclasses.replace(record, kind="RLock") for record in a.classes)
    )
    assert {record.kind for record in a.merge(other, a).classes} == {"Lock / RLock"}


def test_merging_many_takes_the_memory_of_few():
    """Each is dropped before the next one is made: the peak of forty is that of four, but for the runs' names."""

    def peak(count):
        tracemalloc.start()
        Snapshot.merged(chain_of_locks(number) for number in range(count))
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return top

    peak(1)
    assert peak(40) < 1.5 * peak(4)


def chain_of_locks(number):
    """Return a run with a thousand dependencies, its stacks its own."""
    run = seen(f"run {number:03}", "AB")
    record, (one,) = run.classes[0], run.dependencies
    names = [f"big.py:{line:04} lock" for line in range(1001)]
    classes = tuple(dataclasses.replace(record, name=name) for name in names)
    pairs = itertools.pairwise(names)
    dependencies = tuple(dataclasses.replace(one, prev=prev, next=next_) for prev, next_ in pairs)
    return dataclasses.replace(run, classes=classes, dependencies=dependencies)


# Parts


@settings(deadline=None)
@given(st.integers(0, 31))
def test_kinds_have_words(kind):
    assert kind_bits(kind_text(kind)) == kind


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=12, unique=True))
def test_knots_and_reach_are_those_of_networkx(pairs):
    one = seen("r", "AB").dependencies[0]
    after = successors(dataclasses.replace(one, prev=prev, next=next_) for prev, next_ in pairs)
    graph = networkx.DiGraph(pairs)
    assert sorted(knots(after)) == sorted(map(sorted, networkx.strongly_connected_components(graph)))
    assert reach(after) == {name: 1 + len(networkx.descendants(graph, name)) for name in graph}
    assert reach(reversed_(after)) == {name: 1 + len(networkx.ancestors(graph, name)) for name in graph}


def test_times_of_nothing_are_no_shortest_times():
    nothing, some = Durations(0, 0, 0, 0), Durations(2, 10, 4, 6, ((8, 2),))
    assert nothing.merged(some) == some.merged(nothing) == some
    assert some.merged(Durations(1, 1, 1, 1, ((2, 1), (8, 0)))) == Durations(3, 11, 1, 6, ((2, 1), (8, 2)))
