"""The STATE table: every kind of context that can interrupt a thread, one row each.

Everything else derives from a row: the usage bits and their names, the roots of the chains, the modes of the locks
taken inside, what a report says of the thread, and the engine in `contexts/`. So a new context is a row here and a file
there.

A class was used IN a state (taken inside its handler) and with the state ON (taken, or held, while its handler could
come), each for writing and for reading: four usage bits for each state, in the order of the table.
"""

from __future__ import annotations

from lockdep.wait_types import CONFIG, MAX, SLEEP, SPIN

BITS = 4
_FIRST_CONTEXT_MODE = 8  # the modes from this bit on say in which states a lock was taken


class State:
    """One row: a kind of context whose handlers interrupt a thread.

    `number` is the position in the table, `letter` its letter in the thread line of a report. `called` is what is
    switched off when the state is, in the words of a report.

    `wait` is the wait type of its handlers, `threaded` that of a handler which a real-time kernel runs in a thread.

    `on` says whether it can interrupt ordinary code from the start; else its engine enables it, in the threads that it
    can interrupt. `nests` says whether switching it off twice needs switching it on twice. While the state `behind` is
    switched off this one does not come either, and its handlers start with `behind` off.

    The locks taken inside a state that goes `by_instance` are judged one by one: a finding needs the same lock to be
    taken by ordinary code too. All others are judged by their classes, as in the kernel.

    `simulated` states exist only because a program says so (see contexts/simulated.py). Every report shows them; it
    shows the others in the threads that they have to do with.
    """

    __slots__ = (
        "behind", "by_instance", "called", "letter", "masked", "mode", "name", "nests", "noun", "number", "on",
        "simulated", "threaded", "wait",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        number: int,
        letter: str,
        called: str,
        *,
        wait: int,
        threaded: int,
        on: bool = True,
        nests: bool = True,
        behind: State | None = None,
        by_instance: bool = False,
        simulated: bool = False,
    ) -> None:
        self.name: str = name
        self.number: int = number
        self.letter: str = letter
        self.called: str = called
        self.wait: int = wait
        self.threaded: int = threaded
        self.on: bool = on
        self.nests: bool = nests
        self.behind: State | None = behind
        self.by_instance: bool = by_instance
        self.simulated: bool = simulated
        self.noun: str = name.lower()  # the state in a sentence: hardirq
        self.mode: int = 1 << (_FIRST_CONTEXT_MODE + number)  # what the mode of a lock gets that is taken inside it
        self.masked: tuple[State, ...] = (self,) if behind is None else (self, *behind.masked)  # off in its handlers

    def bit(self, *, inside: bool, read: bool) -> int:
        """Return the usage bit for taking a lock inside this state, or while it is enabled."""
        return 1 << (BITS * self.number + (0 if inside else 2) + read)

    @property
    def atomic(self) -> bool:
        """Whether code that runs inside this state, or has switched it off, must not sleep."""
        return self.wait < SLEEP

    def __repr__(self) -> str:
        return self.name


# local_irq_disable() twice is undone by local_irq_enable() once, as in the kernel
HARDIRQ = State("HARDIRQ", 0, "H", "interrupts", wait=SPIN, threaded=CONFIG, nests=False, simulated=True)
SOFTIRQ = State("SOFTIRQ", 1, "S", "bottom halves", wait=CONFIG, threaded=CONFIG, behind=HARDIRQ, simulated=True)
SIGNAL = State("SIGNAL", 2, "G", "signals", wait=MAX, threaded=MAX, on=False, by_instance=True)
FINALIZER = State("FINALIZER", 3, "F", "finalizers", wait=MAX, threaded=MAX, on=False, by_instance=True)

STATES = (HARDIRQ, SOFTIRQ, SIGNAL, FINALIZER)
SHOWN = tuple(state for state in STATES if state.simulated)  # those with characters of their own in `{....}`
CONTEXT_MODES: int = sum(state.mode for state in STATES)
