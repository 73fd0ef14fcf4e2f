"""The litmus explorer against outcomes that the literature and the kernel's memory model name, and a naive model."""

from __future__ import annotations

import subprocess
import sys
from itertools import permutations
from random import Random

import pytest

from primitives.litmus import SC, Instruction, Program, StoreBuffer, Weak, explore, parse
from primitives.litmus.table import TESTS, Litmus, surprises
from tests.patience import PROGRAM_LIMIT
from tests.sourcetree import ROOT

pytestmark = pytest.mark.once

# The variants that allow an outcome beyond any interleaving: on the weak machine, and on the store buffer.
STILL_POSSIBLE = {
    "store buffering": (
        {"none", "wmb", "rmb", "release, acquire", "mb in one thread"},
        {"none", "wmb", "rmb", "release, acquire", "mb in one thread"},
    ),
    "message passing": ({"none", "wmb alone", "rmb alone", "wmb, control dependency"}, set[str]()),
    "waiting for a flag": ({"none", "barrier", "wmb alone", "rmb alone"}, set[str]()),
    "publishing a pointer": ({"none", "rmb alone"}, set[str]()),
    "load buffering": ({"none", "rmb", "wmb"}, set[str]()),
    "independent reads of independent writes": ({"none", "rmb", "release, acquire"}, set[str]()),
    "write to read causality": ({"none", "wmb, rmb"}, set[str]()),
}


@pytest.mark.parametrize("test", TESTS, ids=lambda test: test.name.replace(" ", "-"))
def test_each_choice_of_barriers_allows_the_known_outcomes(test: Litmus) -> None:
    weak, buffer = STILL_POSSIBLE[test.name]

    assert {name for name, threads in test.variants.items() if surprises(threads, Weak)} == weak
    assert {name for name, threads in test.variants.items() if surprises(threads, StoreBuffer)} == buffer


def test_an_outcome_is_the_values_of_the_registers() -> None:
    outcomes = explore(parse("x = 1; r0 = y", "y = 1; r1 = x"), SC)

    assert outcomes == {(("r0", 0), ("r1", 1)), (("r0", 1), ("r1", 0)), (("r0", 1), ("r1", 1))}


@pytest.mark.parametrize("machine", [SC, StoreBuffer, Weak])
@pytest.mark.parametrize(
    "threads",
    [
        ("x = 1; x = 2", "r0 = x; r1 = x"),  # the values of one variable have one order
        ("x = 1; r0 = x",),  # a thread sees its own stores
        ("x = 1", "x = 2", "r0 = x; r1 = x", "r2 = x; r3 = x"),  # and all threads see the same order
        ("r0 = x; x = 1", "r1 = x; x = 2"),
    ],
)
def test_a_single_variable_behaves_as_if_threads_took_turns(
    threads: tuple[str, ...], machine: type[StoreBuffer | Weak]
) -> None:
    assert surprises(threads, machine) == frozenset()


def interleavings(program: Program) -> set[tuple[tuple[str, int], ...]]:
    """Return the outcomes of all interleavings of the threads, computed one by one."""
    turns = [thread for thread, instructions in enumerate(program) for _ in instructions]
    found = set()
    for order in set(permutations(turns)):
        at, memory, registers = [0] * len(program), dict[str, int](), dict[str, int]()
        for thread in order:
            instruction = program[thread][at[thread]]
            at[thread] += 1
            if instruction.kind == "load":
                registers[instruction.register] = memory.get(instruction.variable, 0)
            elif instruction.kind == "store":
                source = instruction.source
                memory[instruction.variable] = source if isinstance(source, int) else registers.get(source, 0)
        found.add(tuple(sorted(registers.items())))
    return found


def random_program(random: Random) -> Program:
    registers = iter(f"r{number}" for number in range(10))
    value = iter(range(1, 10))

    def instruction() -> Instruction:
        variable = random.choice("xy")
        kind = random.choice(["load", "load", "store", "store", "mb", "rmb", "wmb"])
        if kind == "load":
            return Instruction("load", variable, next(registers), ordered=random.random() < 0.3)
        if kind == "store":
            return Instruction("store", variable, source=next(value), ordered=random.random() < 0.3)
        return Instruction(kind)

    return tuple(tuple(instruction() for _ in range(random.randint(1, 3))) for _ in range(2))


@pytest.mark.parametrize("seed", range(40))
def test_random_programs_agree_with_the_naive_model(seed: int) -> None:
    program = random_program(Random(seed))
    turns, buffer, weak = explore(program, SC), explore(program, StoreBuffer), explore(program, Weak)

    assert turns == interleavings(program)
    assert turns <= buffer <= weak  # each machine allows all outcomes of the stronger one


@pytest.mark.parametrize("seed", range(20))
def test_full_barriers_everywhere_leave_interleavings_only(seed: int) -> None:
    program = random_program(Random(seed))
    fenced = tuple(
        tuple(part for instruction in instructions for part in (instruction, Instruction("mb")))
        for instructions in program
    )

    assert explore(fenced, Weak) == explore(fenced, StoreBuffer) == explore(program, SC)


@pytest.mark.parametrize(
    "text",
    [
        "x = ",
        "x == 1",
        "wait",
        "acquire x = 1",
        "x = *r0",
        "r0 = &x",
        "r0 = *x",
        "while x",
        "if x: y = 1",
        "if r0: mb",
        "while (x) y = 1",
        "smp_wmb",
        "WRITE_ONCE(x)",
        "if (r0) while (!READ_ONCE(x))",
    ],
)
def test_an_unknown_instruction_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match="not an instruction of a litmus test"):
        parse(text)


LISTINGS = {
    "WRITE_ONCE(x, 1); smp_wmb(); WRITE_ONCE(flag, 1);": "x = 1; wmb; flag = 1",
    "WRITE_ONCE(x, r0); smp_store_release(&flag, 1)": "x = r0; release flag = 1",
    "while (!READ_ONCE(flag)) cpu_relax(); smp_rmb(); r0 = READ_ONCE(x)": "while flag == 0; rmb; r0 = x",
    "while (!smp_load_acquire(&flag)); r0 = READ_ONCE(x)": "while acquire flag == 0; r0 = x",
    "while (READ_ONCE(flag) == 2) cpu_relax(); smp_mb()": "while flag == 2; mb",
    "WRITE_ONCE(x, 1); rcu_assign_pointer(p, &x)": "x = 1; release p = &x",
    "r0 = rcu_dereference(p); read_barrier_depends(); r1 = READ_ONCE(*r0)": "r0 = p; r1 = *r0",
    "r0 = READ_ONCE(x); if (r0) WRITE_ONCE(y, 1)": "r0 = x; if r0: y = 1",
    "r0 = smp_load_acquire(&x); barrier(); if (r0) smp_store_release(&y, 1)": "r0 = acquire x; if r0: release y = 1",
    "mb(); rmb(); wmb()": "mb; rmb; wmb",
}


@pytest.mark.parametrize("listing", LISTINGS)
def test_a_listing_is_the_same_program_as_its_short_form(listing: str) -> None:
    assert parse(listing) == parse(LISTINGS[listing])


@pytest.mark.parametrize("machine", [SC, StoreBuffer, Weak])
def test_a_run_whose_loop_never_ends_has_no_outcome(machine: type[StoreBuffer | Weak]) -> None:
    assert explore(parse("x = 1", "while y == 0; r0 = x"), machine) == frozenset()
    assert explore(parse("x = 1", "while x == 0; r0 = x"), machine) == {(("r0", 1),)}
    assert explore(parse("x = 1; x = 2", "while x == 0; while x == 1; r0 = x"), machine) == {(("r0", 2),)}


@pytest.mark.parametrize("machine", [SC, StoreBuffer, Weak])
def test_what_a_condition_skips_does_not_happen(machine: type[StoreBuffer | Weak]) -> None:
    assert explore(parse("r0 = x; if r0: y = 1; if r0: r1 = z; r2 = y"), machine) == {(("r0", 0), ("r2", 0))}
    assert explore(parse("x = 1; r0 = x; if r0: y = 1; r2 = y"), machine) == {(("r0", 1), ("r2", 1))}


@pytest.mark.parametrize("machine", [SC, StoreBuffer, Weak])
def test_a_pointer_that_leads_nowhere_reads_0(machine: type[StoreBuffer | Weak]) -> None:
    assert explore(parse("x = 5", "r0 = p; r1 = *r0"), machine) == {(("r0", 0), ("r1", 0))}


def test_a_condition_orders_stores_and_not_loads() -> None:
    store = explore(parse("r0 = x; if r0: y = 1", "r1 = y; mb; x = r1"), Weak)
    load = explore(parse("y = 1; mb; x = 1", "r0 = x; if r0: r1 = y"), Weak)

    assert store == {(("r0", 0), ("r1", 0))}  # nothing comes out of thin air
    assert (("r0", 1), ("r1", 0)) in load


def test_a_thread_that_might_follow_a_pointer_to_what_it_names_is_refused() -> None:
    with pytest.raises(ValueError, match="a thread that follows pointers names x as well"):
        parse("x = 1; p = &x", "r0 = p; r1 = *r0; r2 = x")


def test_the_module_prints_the_table_of_all_tests() -> None:
    command = [sys.executable, "-m", "primitives.litmus"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PROGRAM_LIMIT)

    assert done.returncode == 0, done.stderr
    assert "message passing:  data = 1; flag = 1  |  r0 = flag; r1 = data" in done.stdout
    assert done.stdout.count("forbidden by the barriers") == len(TESTS)
