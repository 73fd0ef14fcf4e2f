"""Usage bits: inside which states of the STATE table the locks of a class were taken, and with which states enabled.

A class that is taken inside a handler is safe only if it is never held while that handler can come. The rules are the
kernel's (mark_lock, valid_state, exclusive_mask). A set of bits is an int, a mask. Cost of each function: O(states).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lockdep.vocabulary.states import BITS, SHOWN, STATES, State

USED = 1 << (BITS * len(STATES))
USED_READ = USED << 1
IN_ANY = sum(state.bit(inside=True, read=read) for state in STATES for read in (False, True))
ON_ANY = IN_ANY << 2
BY_INSTANCE = sum(
    state.bit(inside=inside, read=read)
    for state in STATES
    if state.by_instance
    for inside in (False, True)
    for read in (False, True)
)
WRITE_ANY = sum(state.bit(inside=inside, read=False) for state in STATES for inside in (False, True))


def bits_of(*, inside: Sequence[State], enabled: Sequence[State], read: bool) -> int:
    """Return the mask of one acquisition: taken inside the states `inside`, while the states `enabled` could come."""
    bits = USED_READ if read else USED
    for state in inside:
        bits |= state.bit(inside=True, read=read)
    for state in enabled:
        bits |= state.bit(inside=False, read=read)
    return bits


def opposite(bit: int) -> int:
    """Return the bit with IN and ON swapped: the same state, and the same one of read and write."""
    return bit << 2 if bit & IN_ANY else bit >> 2


def conflicting(mask: int) -> int:
    """Return the bits that contradict those of `mask` within one class.

    A write contradicts the opposite read and write, a read only the opposite write.
    """
    found = 0
    for bit in single_bits(mask & (IN_ANY | ON_ANY)):
        other = opposite(bit)
        found |= other | other << 1 if bit & WRITE_ANY else other >> 1
    return found


def opposed(mask: int) -> int:
    """Return the bits that contradict those of `mask` in classes that dependencies connect: all opposite ones.

    Across dependencies the path decides whether a reader blocks. The searches leave out the bits of readers that do
    not.
    """
    found = 0
    for state in STATES:
        for inside in (False, True):
            both = state.bit(inside=inside, read=False) | state.bit(inside=inside, read=True)
            if mask & both:
                found |= both << 2 if inside else both >> 2
    return found


def single_bits(mask: int) -> Iterable[int]:
    """Yield the bits that are set, lowest first."""
    while mask:
        bit = mask & -mask
        yield bit
        mask ^= bit


def state_of(bit: int) -> State:
    """Return the state that a bit is about."""
    return STATES[(bit.bit_length() - 1) // BITS]


def is_read(bit: int) -> bool:
    """Return whether a bit is about reading."""
    return not bit & (WRITE_ANY | USED)


def bit_name(bit: int) -> str:
    """Return the name of a bit in reports: IN-HARDIRQ-W, SOFTIRQ-ON-R, INITIAL USE."""
    if bit in (USED, USED_READ):
        return "INITIAL USE" if bit == USED else "INITIAL READ USE"
    name, kind = state_of(bit).name, "R" if is_read(bit) else "W"
    return f"IN-{name}-{kind}" if bit & IN_ANY else f"{name}-ON-{kind}"


def characters(mask: int, others: Sequence[State] = ()) -> str:
    """Return the characters of a class in reports, `+.+.`: write and read for each simulated state, in their order.

    Those of the states `others` follow.
    """
    return "".join(character(mask, state, read=read) for state in (*SHOWN, *others) for read in (False, True))


def used_states(masks: Iterable[int]) -> tuple[State, ...]:
    """Return the states of Python's own inside which a class with one of these masks was taken."""
    bits = 0
    for mask in masks:
        bits |= mask
    return tuple(
        state
        for state in STATES
        if state.by_instance and any(bits & state.bit(inside=True, read=read) for read in (False, True))
    )


def character(mask: int, state: State, *, read: bool) -> str:
    """Return `-` if the class was taken inside the state, `+` with it enabled, `?` for both and `.` for neither."""
    inside = bool(mask & state.bit(inside=True, read=read))
    enabled = bool(mask & state.bit(inside=False, read=read))
    return ".-+?"[inside + 2 * enabled]
