"""The STATE table: what can interrupt a thread, one line each. Usage bits, characters and words all derive from it.

A class was used IN a state (taken inside its handler) and with the state ON (taken, or held, while its handler could
come), each for writing and reading: four bits for each state, in the order of the table.
"""

from __future__ import annotations

from dataclasses import dataclass

from lockdep.wait_types import CONFIG, MAX, SPIN

BITS = 4
_CONTEXT = 8  # modes from this bit on say in which states a lock was taken


@dataclass(frozen=True, slots=True)
class State:
    """One kind of interrupt. `wait` is the wait type of its handler, `threaded` that of a handler with a thread."""

    name: str
    number: int
    wait: int
    threaded: int
    simulated: bool

    def bit(self, *, inside: bool, read: bool) -> int:
        """Return the usage bit for taking a lock inside this state, or while it is enabled."""
        return 1 << (BITS * self.number + (0 if inside else 2) + read)

    @property
    def mode(self) -> int:
        """What the mode of a lock has when it was taken inside this state."""
        return 1 << (_CONTEXT + self.number)


HARDIRQ = State("HARDIRQ", 0, wait=SPIN, threaded=CONFIG, simulated=True)
SOFTIRQ = State("SOFTIRQ", 1, wait=CONFIG, threaded=CONFIG, simulated=True)
SIGNAL = State("SIGNAL", 2, wait=MAX, threaded=MAX, simulated=False)
FINALIZER = State("FINALIZER", 3, wait=MAX, threaded=MAX, simulated=False)
STATES = (HARDIRQ, SOFTIRQ, SIGNAL, FINALIZER)
SHOWN = tuple(state for state in STATES if state.simulated)  # those with characters of their own in `{....}`
CONTEXT_MODES = sum(state.mode for state in STATES)
