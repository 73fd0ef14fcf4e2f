"""The classic litmus tests, each with several choices of barriers, and the table of what these forbid."""

from __future__ import annotations

from dataclasses import dataclass

from primitives.litmus import SC, Outcome, StoreBuffer, Weak, explore, parse

MACHINES = {"store buffer": StoreBuffer, "weak": Weak}


@dataclass(frozen=True)
class Litmus:
    """A program in several variants, the first one without barriers. `lesson` is what the table shows."""

    name: str
    lesson: str
    variants: dict[str, tuple[str, ...]]


TESTS = (
    Litmus(
        "store buffering",
        "each thread may miss the other's store; only a full barrier between store and load helps",
        {
            "none": ("x = 1; r0 = y", "y = 1; r1 = x"),
            "wmb": ("x = 1; wmb; r0 = y", "y = 1; wmb; r1 = x"),
            "rmb": ("x = 1; rmb; r0 = y", "y = 1; rmb; r1 = x"),
            "release, acquire": ("release x = 1; r0 = acquire y", "release y = 1; r1 = acquire x"),
            "mb in one thread": ("x = 1; mb; r0 = y", "y = 1; r1 = x"),
            "mb": ("x = 1; mb; r0 = y", "y = 1; mb; r1 = x"),
        },
    ),
    Litmus(
        "message passing",
        "the flag may be seen before the data; both sides need a barrier, and release with acquire is enough",
        {
            "none": ("data = 1; flag = 1", "r0 = flag; r1 = data"),
            "wmb alone": ("data = 1; wmb; flag = 1", "r0 = flag; r1 = data"),
            "rmb alone": ("data = 1; flag = 1", "r0 = flag; rmb; r1 = data"),
            "wmb, rmb": ("data = 1; wmb; flag = 1", "r0 = flag; rmb; r1 = data"),
            "release, acquire": ("data = 1; release flag = 1", "r0 = acquire flag; r1 = data"),
            "mb": ("data = 1; mb; flag = 1", "r0 = flag; mb; r1 = data"),
            "wmb, control dependency": ("data = 1; wmb; flag = 1", "r0 = flag; if r0: r1 = data"),
        },
    ),
    Litmus(
        "waiting for a flag",
        "a loop does not keep the accesses after it; barrier() stops the compiler, but not the machine",
        {
            "none": ("data = 1; flag = 1", "while flag == 0; r0 = data"),
            "barrier": ("data = 1; barrier; flag = 1", "while flag == 0; barrier; r0 = data"),
            "wmb alone": ("data = 1; wmb; flag = 1", "while flag == 0; r0 = data"),
            "rmb alone": ("data = 1; flag = 1", "while flag == 0; rmb; r0 = data"),
            "wmb, rmb": ("data = 1; wmb; flag = 1", "while flag == 0; rmb; r0 = data"),
            "release, acquire": ("data = 1; release flag = 1", "while acquire flag == 0; r0 = data"),
        },
    ),
    Litmus(
        "publishing a pointer",
        "the reader needs no barrier, because what it reads depends on the pointer; the writer does",
        {
            "none": ("x = 1; p = &x", "r0 = p; r1 = *r0"),
            "rmb alone": ("x = 1; p = &x", "r0 = p; rmb; r1 = *r0"),
            "wmb alone": ("x = 1; wmb; p = &x", "r0 = p; r1 = *r0"),
            "release alone": ("x = 1; release p = &x", "r0 = p; r1 = *r0"),
        },
    ),
    Litmus(
        "load buffering",
        "a store may be done before an earlier load; a dependency or an acquire in each thread forbids it",
        {
            "none": ("r0 = x; y = 1", "r1 = y; x = 1"),
            "rmb": ("r0 = x; rmb; y = 1", "r1 = y; rmb; x = 1"),
            "wmb": ("r0 = x; wmb; y = 1", "r1 = y; wmb; x = 1"),
            "data dependency": ("r0 = x; y = r0", "r1 = y; x = r1"),
            "control dependency": ("r0 = x; if r0: y = 1", "r1 = y; if r1: x = 1"),
            "acquire": ("r0 = acquire x; y = 1", "r1 = acquire y; x = 1"),
            "release": ("r0 = x; release y = 1", "r1 = y; release x = 1"),
            "mb": ("r0 = x; mb; y = 1", "r1 = y; mb; x = 1"),
        },
    ),
    Litmus(
        "independent reads of independent writes",
        "two readers may see two stores in opposite orders; only full barriers make all threads agree",
        {
            "none": ("x = 1", "y = 1", "r0 = x; r1 = y", "r2 = y; r3 = x"),
            "rmb": ("x = 1", "y = 1", "r0 = x; rmb; r1 = y", "r2 = y; rmb; r3 = x"),
            "release, acquire": (
                "release x = 1",
                "release y = 1",
                "r0 = acquire x; r1 = acquire y",
                "r2 = acquire y; r3 = acquire x",
            ),
            "mb": ("x = 1", "y = 1", "r0 = x; mb; r1 = y", "r2 = y; mb; r3 = x"),
        },
    ),
    Litmus(
        "write to read causality",
        "a store that is seen through a second thread; a release passes on what its thread has seen, a wmb does not",
        {
            "none": ("x = 1", "r0 = x; y = 1", "r1 = y; r2 = x"),
            "wmb, rmb": ("x = 1", "r0 = x; wmb; y = 1", "r1 = y; rmb; r2 = x"),
            "release, acquire": ("x = 1", "r0 = x; release y = 1", "r1 = acquire y; r2 = x"),
            "mb, rmb": ("x = 1", "r0 = x; mb; y = 1", "r1 = y; rmb; r2 = x"),
        },
    ),
)


def surprises(threads: tuple[str, ...], machine: type[StoreBuffer | Weak]) -> frozenset[Outcome]:
    """Return the outcomes that no interleaving of the instructions explains."""
    program = parse(*threads)
    return explore(program, machine) - explore(program, SC)


def show(outcomes: frozenset[Outcome]) -> str:
    """Return outcomes as text."""
    texts = [" ".join(f"{name}={value}" for name, value in outcome) for outcome in outcomes]
    return " or ".join(sorted(texts)) or "-"


def rows(test: Litmus) -> list[tuple[str, str, str, str]]:
    """Return (barriers, machine, surprising outcomes, forbidden outcomes) for each variant and machine."""
    plain, *_ = test.variants.values()
    found = []
    for barriers, threads in test.variants.items():
        for name, machine in MACHINES.items():
            # Compare with the plain program: a dependency changes the program, not only its barriers.
            left = surprises(threads, machine)
            found.append((barriers, name, show(left), show(surprises(plain, machine) - left)))
    return found


def print_table() -> None:
    """Print the table of each test."""
    for test in TESTS:
        plain, *_ = test.variants.values()
        print(f"{test.name}:  {'  |  '.join(plain)}\n  {test.lesson}")
        table = [("barriers", "machine", "possible beyond any interleaving", "forbidden by the barriers"), *rows(test)]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        for row in table:
            print("    " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        print()
