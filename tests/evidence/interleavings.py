"""Small programs of a few threads with nested locks: which of them can deadlock, by all interleavings."""

from __future__ import annotations

import random
from itertools import count

Block = tuple[int, ...]  # locks in the order in which they are taken; they are released in the opposite one
Program = tuple[tuple[Block, ...], ...]  # for each thread its blocks, one after the other
State = tuple[int, ...]  # how many steps each thread has made

MOST_LOCKS = 4
_numbers = count()


def random_program(seed: int) -> Program:
    """Return a program of two or three threads, each with one or two blocks of up to three locks."""
    chance = random.Random(seed)
    return tuple(
        tuple(tuple(chance.sample(range(MOST_LOCKS), chance.randint(1, 3))) for _ in range(chance.randint(1, 2)))
        for _ in range(chance.randint(2, 3))
    )


def can_deadlock(program: Program) -> bool:
    """Return whether some interleaving leaves a thread that can never go on. Cost: the number of states."""
    steps = [thread_steps(blocks) for blocks in program]
    start: State = (0,) * len(program)
    seen, pending = {start}, [start]
    while pending:
        state = pending.pop()
        held = held_at(steps, state)
        after = [moved(state, number) for number in range(len(steps)) if can_move(steps, state, number, held)]
        if not after and any(at < len(steps[number]) for number, at in enumerate(state)):
            return True
        pending += [one for one in after if one not in seen]
        seen.update(after)
    return False


def thread_steps(blocks: tuple[Block, ...]) -> list[int]:
    """Return the steps of a thread: a lock is taken by its number plus 1, and released by the negative of that."""
    return [step for block in blocks for step in (*(n + 1 for n in block), *(-n - 1 for n in reversed(block)))]


def held_at(steps: list[list[int]], state: State) -> set[int]:
    """Return the locks that are held in a state."""
    made = [step for thread, at in zip(steps, state, strict=True) for step in thread[:at]]
    return {step for step in made if step > 0 and made.count(step) > made.count(-step)}


def can_move(steps: list[list[int]], state: State, number: int, held: set[int]) -> bool:
    """Return whether a thread can make its next step."""
    at = state[number]
    return at < len(steps[number]) and steps[number][at] not in held


def moved(state: State, number: int) -> State:
    """Return the state after a step of one thread."""
    return (*state[:number], state[number] + 1, *state[number + 1 :])


def fresh_names() -> list[str]:
    """Return names for the locks of a program that no other program has used."""
    here = next(_numbers)
    return [f"{here}:{number}" for number in range(MOST_LOCKS)]
