"""The STATE table: the position of each row, and what derives from it."""

from __future__ import annotations

import pytest

from lockdep.fastpath import NEST, NOCHECK, PINNED, READ, RECURSIVE_READ, SYNC, TIMED, TRY
from lockdep.vocabulary.context import ORDINARY, Context
from lockdep.vocabulary.states import HARDIRQ, SIGNAL, SOFTIRQ, STATES, State
from lockdep.vocabulary.usage import USED, bit_name, single_bits, state_of
from lockdep.wait_types import CONFIG, MAX, SPIN


def test_each_state_stands_at_its_number() -> None:
    assert [state.number for state in STATES] == list(range(len(STATES)))
    assert len({state.letter for state in STATES}) == len(STATES)


def test_the_modes_of_states_are_told_from_those_of_locks() -> None:
    modes = [state.mode for state in STATES]
    assert len(set(modes)) == len(STATES)
    assert not sum(modes) & (READ | RECURSIVE_READ | TRY | TIMED | NOCHECK | SYNC | NEST | PINNED)


def test_each_state_has_four_usage_bits_of_its_own() -> None:
    bits = [
        (state.bit(inside=inside, read=read), state)
        for state in STATES
        for inside in (True, False)
        for read in (False, True)
    ]
    assert sum(bit for bit, _ in bits) == USED - 1
    assert [len(list(single_bits(bit))) for bit, _ in bits] == [1] * len(bits)
    assert all(state_of(bit) is state for bit, state in bits)
    assert len({bit_name(bit) for bit, _ in bits}) == len(bits)


def test_ordinary_code_can_be_interrupted_by_the_states_that_are_on() -> None:
    assert ORDINARY.enabled == tuple(state for state in STATES if state.on)
    assert ORDINARY.root() == (None, 0)
    assert (ORDINARY.inside, ORDINARY.wait, ORDINARY.atomic) == ((), MAX, False)


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_a_handler_is_another_context_and_ends_as_it_began(state: State) -> None:
    context = Context()
    context.enter(state, state.wait)
    key, mode = context.root()

    assert key is not None
    assert (mode, context.inside, context.wait, context.atomic) == (state.mode, (state,), state.wait, state.atomic)
    assert not set(state.masked) & set(context.enabled)
    context.leave(state)
    assert context.root() == (None, 0)


def test_what_a_handler_switches_on_inside_is_as_before_it_when_it_ends() -> None:
    context = Context()
    context.switch_off(HARDIRQ)
    context.enter(SOFTIRQ, SOFTIRQ.wait)
    context.switch_on(HARDIRQ)
    context.switch_off(SOFTIRQ)

    context.leave(SOFTIRQ)

    assert context.enabled == ()
    context.switch_on(HARDIRQ)
    assert context.enabled == ORDINARY.enabled


def test_the_strictest_of_nested_handlers_limits_the_wait_type() -> None:
    context = Context()
    context.enter(SIGNAL, SIGNAL.wait)
    context.enter(HARDIRQ, HARDIRQ.wait)
    context.enter(HARDIRQ, HARDIRQ.threaded)
    assert context.wait == SPIN
    context.leave(HARDIRQ)
    context.leave(HARDIRQ)
    context.enter(SOFTIRQ, SOFTIRQ.wait)
    assert context.wait == CONFIG


def test_a_state_behind_another_cannot_come_while_that_is_off() -> None:
    context = Context()
    context.switch_off(HARDIRQ)
    assert context.enabled == ()
    context.switch_on(HARDIRQ)
    context.switch_off(SOFTIRQ)
    assert context.enabled == (HARDIRQ,)


def test_switching_off_twice_counts_only_for_states_that_nest() -> None:
    context = Context()
    for state in (HARDIRQ, SOFTIRQ):
        context.switch_off(state)
        context.switch_off(state)
        context.switch_on(state)
    assert context.enabled == (HARDIRQ,)
