"""The dependency graph against networkx, and its strong-path search against a search over all walks."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import networkx as nx  # type: ignore[import-untyped,unused-ignore]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockdep.graph.classes import LockClass
from lockdep.graph.dependency import Dependency, Witness
from lockdep.graph.graph import DependencyGraph
from lockdep.trace import NO_STACK
from lockdep.validator.checks.circular import check_circular
from lockdep.vocabulary.kinds import RECURSIVE, SHARED, TIMED, WAIT

pytestmark = pytest.mark.once

Sighting = tuple[int, int, int]  # prev, next, kind

WITNESS = Witness("thread", 1, 2, 3, NO_STACK, NO_STACK)
CLASSES = [LockClass("Lock", given=f"class {number}") for number in range(12)]
NUMBER = {lock_class: number for number, lock_class in enumerate(CLASSES)}
thorough = settings(max_examples=700)


def programs(classes: int, most: int, kinds: tuple[int, ...] = (0,)) -> st.SearchStrategy[list[Sighting]]:
    numbers = st.integers(0, classes - 1)
    pairs = st.tuples(numbers, numbers, st.sampled_from(kinds)).filter(lambda pair: pair[0] != pair[1])
    return st.lists(pairs, max_size=most)


def build(program: list[Sighting]) -> DependencyGraph:
    graph = DependencyGraph()
    for step in program:
        add(graph, step)
    return graph


def add(graph: DependencyGraph, step: Sighting) -> Dependency:
    prev, next_, kind = step
    dependency = graph.register_dependency(CLASSES[prev], CLASSES[next_])
    dependency.mark_seen(kind, WITNESS, 4)
    return dependency


# -- ranks


@thorough
@given(programs(12, 60))
def test_the_tables_agree_after_every_step(program: list[Sighting]) -> None:
    graph, model = DependencyGraph(), nx.DiGraph()
    for step in program:
        prev, next_, _ = step
        known = model.has_node(prev) and model.has_node(next_)
        closes = known and nx.has_path(model, next_, prev)
        if closes:
            assert graph.may_close_cycle(CLASSES[prev], CLASSES[next_])
        add(graph, step)
        model.add_edge(prev, next_)

        graph.check_invariants()
        assert bool(graph.crossing) == (not nx.is_directed_acyclic_graph(model))
    assert {(NUMBER[d.prev], NUMBER[d.next]) for d in graph.dependencies()} == set(model.edges)


@thorough
@given(programs(12, 60))
def test_a_dependency_that_agrees_with_the_ranks_needs_no_search(program: list[Sighting]) -> None:
    """Without a cycle in the graph, a dependency from a lower to a higher rank needs no search."""
    graph, model = DependencyGraph(), nx.DiGraph()
    for step in program:
        prev, next_, _ = step
        if model.has_node(prev) and model.has_node(next_) and nx.has_path(model, next_, prev):
            continue
        add(graph, step)
        model.add_edge(prev, next_)
    for prev, next_ in nx.transitive_closure(model).edges:
        assert not graph.may_close_cycle(CLASSES[prev], CLASSES[next_])
        assert graph.may_close_cycle(CLASSES[next_], CLASSES[prev])


def test_tables_that_contradict_each_other_are_noticed() -> None:
    breaks = [
        lambda graph: graph.rank.update({CLASSES[0]: 5}),
        lambda graph: graph.rank.update({CLASSES[0]: graph.rank[CLASSES[1]], CLASSES[1]: graph.rank[CLASSES[0]]}),
        lambda graph: graph.before[CLASSES[1]].update({CLASSES[0]: Dependency(CLASSES[0], CLASSES[1])}),
        lambda graph: graph.after[CLASSES[0]].update({CLASSES[1]: Dependency(CLASSES[1], CLASSES[0])}),
    ]
    for break_it in breaks:
        graph = build([(0, 1, 0), (1, 2, 0)])
        graph.check_invariants()
        break_it(graph)
        with pytest.raises(AssertionError):
            graph.check_invariants()


@thorough
@given(programs(8, 30), st.integers(0, 7), st.integers(0, 7))
def test_the_search_finds_the_shortest_path(program: list[Sighting], prev: int, next_: int) -> None:
    graph = build(program)
    model = nx.DiGraph([step[:2] for step in program])
    model.add_nodes_from(range(8))
    if prev == next_:
        return

    path = check_circular(graph, CLASSES[prev], CLASSES[next_], 0)

    if not nx.has_path(model, next_, prev):
        assert path is None
    else:
        assert path is not None
        assert_leads(path, next_, prev)
        assert len(path) == nx.shortest_path_length(model, next_, prev)


def assert_leads(path: list[Dependency], start: int, goal: int) -> None:
    assert path[0].prev is CLASSES[start]
    assert path[-1].next is CLASSES[goal]
    assert all(one.next is other.prev for one, other in itertools.pairwise(path))


# -- strong paths


MODES = (0, SHARED, RECURSIVE, SHARED | RECURSIVE)
WAITS = tuple(mode | extra for mode in MODES for extra in (0, TIMED, WAIT, WAIT | TIMED))


def strong_walks(program: list[Sighting], start: int, weak: bool, length: int) -> Iterator[tuple[Sighting, ...]]:
    """Yield every strong walk of this length: none goes on from a recursive reader with a lock held shared."""
    if length == 0:
        yield ()
        return
    for step in set(program):
        if step[0] == start and not (weak and step[2] & SHARED):
            for rest in strong_walks(program, step[1], bool(step[2] & RECURSIVE), length - 1):
                yield (step, *rest)


def naive(
    program: list[Sighting], start: int, weak: bool, goal: int, *, goal_shared: bool, timed: bool, most: int
) -> int | None:
    """Return the length of the shortest closed strong walk, trying all of them."""
    usable = [step for step in program if timed or not step[2] & TIMED]
    for length in range(1, most + 1):
        for walk in strong_walks(usable, start, weak, length):
            if walk[-1][1] == goal and not (goal_shared and walk[-1][2] & RECURSIVE):
                return length
    return None


def is_strong(path: list[Dependency], weak: bool, *, goal_shared: bool, timed: bool) -> bool:
    """Return whether some choice of one kind for each dependency is strong all the way round."""
    ways = {weak}
    for dependency in path:
        kinds = dependency.kinds(timed=timed)
        ways = {bool(kind & RECURSIVE) for kind in kinds for was in ways if not (was and kind & SHARED)}
    return bool(ways - {True}) if goal_shared else bool(ways)


@thorough
@given(programs(3, 9, WAITS), st.booleans(), st.booleans(), st.booleans())
def test_strong_paths_of_three_classes_are_those_of_a_naive_search(
    program: list[Sighting], weak: bool, goal_shared: bool, timed: bool
) -> None:
    compare(program, 0, weak, 2, goal_shared, timed, most=6)


@thorough
@given(programs(4, 6, MODES), st.booleans(), st.booleans())
def test_strong_paths_of_four_classes_are_those_of_a_naive_search(
    program: list[Sighting], weak: bool, goal_shared: bool
) -> None:
    compare(program, 0, weak, 3, goal_shared, True, most=8)


def compare(
    program: list[Sighting], start: int, weak: bool, goal: int, goal_shared: bool, timed: bool, most: int
) -> None:
    path = build(program).find_strong_path((CLASSES[start], weak), CLASSES[goal], goal_shared=goal_shared, timed=timed)

    length = naive(program, start, weak, goal, goal_shared=goal_shared, timed=timed, most=most)
    assert (None if path is None else len(path)) == length
    if path is not None:
        assert_leads(path, start, goal)
        assert is_strong(path, weak, goal_shared=goal_shared, timed=timed)


# The kernel's own cases of three locks in a ring, with the kinds of their dependencies.
ER, EN, SR, SN = RECURSIVE, 0, SHARED | RECURSIVE, SHARED


@pytest.mark.parametrize(
    ("kinds", "deadlock"),
    [
        ((ER, ER, ER), True),
        ((EN, SR, ER), True),
        ((EN, SR, SN), False),
        ((ER, SR, EN), False),
        ((EN, EN, EN), True),
        ((SR, SR, SR), False),
        ((SN, SN, SN), True),
    ],
)
def test_rings_have_the_verdicts_of_the_kernels_selftest(kinds: tuple[int, ...], deadlock: bool) -> None:
    for turn in range(3):
        ring = [(at, (at + 1) % 3, kinds[at]) for at in range(3)]
        ring = ring[turn:] + ring[:turn]
        graph = build(ring[:2])
        prev, next_, kind = ring[2]

        found = check_circular(graph, CLASSES[prev], CLASSES[next_], kind)

        assert (found is not None) == deadlock


def test_a_strong_path_behind_a_weak_first_visit_is_found() -> None:
    """The search tries 0 -R-> 1 first, which is weak. Only the longer path 0 -> 2 -> 1 may go on to 3, held shared."""
    graph = build([(0, 1, RECURSIVE), (0, 2, 0), (2, 1, 0), (1, 3, SHARED)])

    path = graph.find_strong_path((CLASSES[0], False), CLASSES[3], goal_shared=False, timed=True)

    assert path is not None
    assert [NUMBER[dependency.next] for dependency in path] == [2, 1, 3]


def test_a_path_without_timed_waits_is_preferred() -> None:
    graph = build([(1, 0, TIMED), (1, 2, 0), (2, 0, 0)])

    untimed = check_circular(graph, CLASSES[0], CLASSES[1], 0)
    assert untimed is not None
    assert len(untimed) == 2
    closing_timed = check_circular(graph, CLASSES[0], CLASSES[1], TIMED)
    assert closing_timed is not None
    assert len(closing_timed) == 1


@pytest.mark.parametrize("classes", [2000])
def test_long_chains_need_no_recursion(classes: int) -> None:
    names = [LockClass("Lock", given=str(number)) for number in range(classes)]
    graph = DependencyGraph()
    for prev, next_ in itertools.pairwise(names):
        graph.register_dependency(prev, next_).mark_seen(0, WITNESS, 4)
    path = check_circular(graph, names[-1], names[0], 0)
    assert path is not None
    assert len(path) == classes - 1
    graph.register_dependency(names[-1], names[0]).mark_seen(0, WITNESS, 4)
    graph.check_invariants()


# -- witnesses


def test_witnesses_are_bounded_and_told_apart() -> None:
    dependency = Dependency(CLASSES[0], CLASSES[1])

    def see(thread: int, prev: int, next_: int, kind: int = 0) -> bool:
        return dependency.mark_seen(kind, Witness("t", thread, prev, next_, NO_STACK, NO_STACK), 2)

    assert see(1, 1, 1)
    assert not see(1, 1, 1)
    assert see(2, 1, 1)
    assert not dependency.saturated
    assert not see(3, 1, 1)  # one of the others stands for it
    assert not dependency.saturated
    assert not see(3, 2, 1)
    assert dependency.saturated
    assert see(3, 1, 1, SHARED)
    assert not see(2, 1, 1)
    assert [kind for kind, _ in dependency.all_witnesses(timed=True)] == [0, 0, SHARED]
