"""Threads that wait for a condition, or signal one: what they hold is kept with the condition, and judged.

A wait is judged before it begins: it may never end. A signal is judged at the next calm moment.
"""

from __future__ import annotations

import _thread
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from lockdep import fastpath
from lockdep.fastpath import NOCHECK, TRY, DepMap, Entry, ExclusiveLock, Sighting, ThreadState, Wait
from lockdep.graph.classes import LockClass
from lockdep.graph.runs import Run
from lockdep.graph.signals import MOST_TASKS, Locks, Need, Needs, Signals, Sleeper
from lockdep.validator.deadlocks import Deadlocks
from lockdep.validator.guarded import Work
from lockdep.validator.lonely import Suspect
from lockdep.violations.unsignalled import WaitForOwnSignal
from lockdep.violations.where import Where
from lockdep.waits.aims import CONDITION, EVENT, ITEM, PARTIES, RESULT, ROOM, TASKS
from lockdep.waits.held import thread_name
from lockdep.waits.knots import has_handlers, is_only_thread

_OF_QUEUES = {ITEM: " item", ROOM: " room", TASKS: " tasks"}
IN_LOOPS = (EVENT, CONDITION, ITEM, ROOM, TASKS)  # what a callback of an event loop may signal
_SIGNALS = "_lockdep_signals"  # the attribute of a Condition that holds its Signals


class Signalling(Deadlocks):
    """The part of a validator that judges waits for conditions."""

    def waits_for(
        self, thread: ThreadState, condition: Any, awaited: str, *, timed: bool,
        again: Callable[[], bool] | None = None, in_loop: bool = False,
    ) -> bool:  # fmt: skip
        """Note that the running thread is about to wait for a condition, whose lock it holds.

        It is judged if nobody else has signalled without another lock that it holds. `awaited` says for what it waits,
        `in_loop` that it runs an event loop.
        `again()` says whether it waits again, for ever, when it has timed out with all its locks held. Return whether
        the wait has a timeout that counts.
        Raises DeadlockError if the option raise_on_deadlock is set, and such a wait has no timeout.
        """
        if thread.busy or not thread.chain.depth:
            return timed
        if again is not None and (in_loop or thread.chain.depth > 1) and self._inside(thread, again):
            timed = False
        if not timed:
            self._look_alone(thread, condition, awaited, in_loop=in_loop)
        if not fastpath.holds_more(condition._lock):
            return timed
        judge = self._inside(thread, lambda: self._note_wait(thread, condition, awaited, timed))
        if judge is not None and timed:
            self._soon(thread, judge)
        elif judge is not None:
            self._now(thread, judge)
        return timed

    def _note_wait(self, thread: ThreadState, condition: Any, awaited: str, timed: bool) -> Work | None:
        """Keep a thread that waits while it holds locks; return how it is judged, if it is to be judged now."""
        signals = self._signals_of(condition)
        locks = locks_of(thread, signals.own, without=NOCHECK)
        if not locks or signals.free:
            return None
        seen = self._see(thread, thread.chain, signals.own)
        place = place_of(condition, awaited)
        sleeper = Sleeper(thread.serial, thread_name(thread), locks, seen, awaited, place, timed)
        if not signals.add_sleeper(sleeper):
            return None
        if any(signals.hindered(sleeper)) or any(signals.needed(sleeper)):
            return partial(self.rules.waits.judge, signals)
        lock_class = class_of(condition)
        if awaited == RESULT or not seen.fresh or lock_class is None or signals.signallers or signals.idle:
            return None  # all futures are made at one place: others say nothing about this one
        older = {serial for _, serial in thread.held()[: seen.fresh]}
        sleeper = sleeper._replace(locks={serial: mode for serial, mode in locks.items() if serial in older})
        return partial(self.rules.waits.judge_new, lock_class, sleeper)

    def _look_alone(self, thread: ThreadState, condition: Any, awaited: str, *, in_loop: bool) -> None:
        """Note a wait if nobody else who runs has signalled such a condition.

        If it stops an event loop, and there is no other thread, it is judged at once: only a callback could signal.
        """
        rules, lock_class = self.rules.lonely, class_of(condition)
        rules.suspects.pop(thread.serial, None)
        if lock_class is None or awaited not in (IN_LOOPS if in_loop else (EVENT, CONDITION)):
            return
        if in_loop and not rules.is_told(lock_class) and is_only_thread():
            work = self._inside(thread, lambda: self._stop_loop(thread, condition, lock_class, awaited))
            if work is not None:
                self._now(thread, work)
        elif rules.may_suspect(lock_class, thread.serial):
            self._inside(thread, lambda: self._suspect(thread, condition, awaited))

    def _stop_loop(self, thread: ThreadState, condition: Any, lock_class: LockClass, awaited: str) -> Work:
        """Return how a wait of the only thread is reported, which runs an event loop."""
        violation = self._own_signal(thread, condition, self._sleeper(thread, condition, awaited))
        return partial(self.rules.lonely.report, lock_class, replace(violation, in_loop=True))

    def _sleeper(self, thread: ThreadState, condition: Any, awaited: str) -> Sleeper:
        """Return that the running thread waits for a condition without a timeout."""
        seen, name = self._see(thread, thread.chain, 0), thread_name(thread)
        return Sleeper(thread.serial, name, {}, seen, awaited, place_of(condition, awaited), False)

    def _suspect(self, thread: ThreadState, condition: Any, awaited: str) -> None:
        """Note a wait for a signal that was only given by the waiting thread before, or by ended ones."""
        lock_class, rules = class_of(condition), self.rules.lonely
        if lock_class is None or rules.is_told(lock_class):
            return
        itself = rules.only_itself(lock_class, thread.serial)
        if (itself or (rules.only_ended(lock_class) and not is_daemon())) and not has_handlers():
            violation = self._own_signal(thread, condition, self._sleeper(thread, condition, awaited), itself=itself)
            suspect = Suspect(fastpath.new_serial(), self._signals_of(condition), lock_class, violation)
            rules.suspects[thread.serial] = suspect

    def collect(self) -> None:
        """Report also the waits that nobody who runs has ended before."""
        me, rules = fastpath.thread_state(), self.rules.lonely
        for serial, suspect in list(rules.suspects.items()):
            wait = fastpath.wait_of(serial)
            if wait is None or wait.lock is not None or wait.number < suspect.moment or not is_for(wait, suspect):
                rules.suspects.pop(serial, None)
            elif rules.is_lonely(suspect.lock_class, serial, itself=suspect.violation.itself):
                self._soon(me, partial(rules.report, suspect.lock_class, suspect.violation))
        super().collect()

    def _own_signal(
        self, thread: ThreadState, condition: Any, sleeper: Sleeper, *, itself: bool = True
    ) -> WaitForOwnSignal:
        """Return the violation that the running thread waits, or has waited, for a signal that nobody else gives."""
        run = thread.record
        place = run.place() if isinstance(run, Run) else f"thread:{sleeper.name}"
        new = self._acquisition(sleeper.seen, thread)
        own = self._signals_of(condition).own
        held = tuple(lock for lock in new.held if lock.serial != own)
        where = Where(new.thread, held, new.stack)
        return WaitForOwnSignal(sleeper.awaited, sleeper.place, place, itself, sleeper.timed, where)

    def gave_up(self, thread: ThreadState, condition: Any) -> None:
        """Forget that the running thread waits for a condition: a deadlock was reported in place of the wait."""
        signals = self._signals_of(condition)
        signals.sleepers[:] = [one for one in signals.sleepers if one.thread != thread.serial]

    def _signals_of(self, condition: Any) -> Signals:
        """Return what is known of a condition."""
        known: Signals | None = fastpath.kept_in(condition, _SIGNALS)
        if known is None or known.world is not self.root:
            own = condition._lock.serial if isinstance(condition._lock, ExclusiveLock) else 0
            known = Signals(self.root, own)
            fastpath.keep_in(condition, _SIGNALS, known)
        return known

    def signals(self, thread: ThreadState, condition: Any) -> None:
        """Note which locks the running thread needs that has signalled, and judge who waits, if that says more.

        Cost: 1 us, and some more if it needs locks.
        """
        if not thread.busy:
            signals = self._signals_of(condition)
            if not fastpath.says_nothing(signals, thread):
                if not fastpath.note_idle(signals, thread):
                    self._note_and_judge(thread, condition)
                self._judge_alone(thread, condition)

    def _note_and_judge(self, thread: ThreadState, condition: Any) -> None:
        signals = self._inside(thread, lambda: self._note_signal(thread, condition))
        if signals is not None:
            self._soon(thread, partial(self.rules.waits.judge, signals))

    def _judge_alone(self, thread: ThreadState, condition: Any) -> None:
        """Note that a thread has signalled, for waits that nobody else has ended."""
        known = fastpath.kept_in(condition, _SIGNALS)
        if not known.sleepers and self.rules.lonely.has_noted(class_of(condition), thread.serial):
            return
        lonely = self._inside(thread, lambda: self._note_signaller(thread, condition))
        if lonely is not None:
            self._soon(thread, lonely)

    def _note_signaller(self, thread: ThreadState, condition: Any) -> Work | None:
        """Keep who has signalled a condition; return what follows from that for waits nobody else has ended."""
        lock_class, rules = class_of(condition), self.rules.lonely
        if lock_class is None:
            return None
        if rules.note(lock_class, thread.serial):
            return partial(rules.excuse, lock_class)
        for sleeper in self._signals_of(condition).sleepers:
            if sleeper.timed and sleeper.thread == thread.serial and rules.only_itself(lock_class, thread.serial):
                return partial(rules.report, lock_class, self._own_signal(thread, condition, sleeper))
        return None

    def finishes(self, thread: ThreadState, condition: Any) -> None:
        """Note what the running thread has needed for a task of a queue; `condition` tells the end of all tasks.

        Cost: a few us for each of the first tasks, then less than 1.
        """
        if thread.busy:
            return
        signals = self._signals_of(condition)
        if signals.tasks < MOST_TASKS:
            signals.tasks += 1
            self._note_and_judge(thread, condition)
            self._judge_alone(thread, condition)

    def arrives(self, thread: ThreadState, condition: Any, *, first: bool, timed: bool) -> None:
        """Note that the running thread comes to a barrier: the others wait for it there, and it for them.

        The last one waits for nobody, but could have come before. Only those are compared that come to the same phase
        of the barrier, which begins with the `first` one. Raises DeadlockError as `waits_for` does. Cost: that of
        `finishes`.
        """
        if thread.busy:
            return
        if first:
            fastpath.keep_in(condition, _SIGNALS, None)
        self.finishes(thread, condition)
        if not thread.chain.depth:
            return
        judge = self._inside(thread, lambda: self._note_wait(thread, condition, PARTIES, timed))
        if judge is not None:
            (self._soon if timed else self._now)(thread, judge)

    def _note_signal(self, thread: ThreadState, condition: Any) -> Signals | None:
        """Keep what a thread needs that signals; return what is known of the condition if it is to be judged."""
        signals = self._signals_of(condition)
        taken = taken_lately(thread)
        needs = self._needs(thread, signals.own, taken or {})
        new = signals.note_signal(thread.serial, thread_name(thread), needs, sure=taken is not None)
        if not new and taken is None:
            signals.spent[thread.serial] = thread.held_serials()
        elif not new and signals.is_steady(thread.serial):
            signals.steady[thread.serial] = thread.held_serials()
        lock_class = class_of(condition)
        if new and needs and lock_class is not None:
            self.rules.waits.remember(lock_class, signals, needs)
        return signals if new and signals.sleepers else None

    def _needs(self, thread: ThreadState, own: int, taken: Mapping[int | Entry, Sighting]) -> Needs:
        """Return what a thread holds, or has taken since its last hand-off, except for the lock `own`."""
        held = locks_of(thread, own, without=NOCHECK | TRY)
        now = self._see(thread, thread.chain, 0) if held else None
        needs = {} if now is None else {serial: Need(mode, True, now) for serial, mode in held.items()}
        for serial, seen in taken.items():
            mode = seen.chain.entry.mode
            if not isinstance(serial, int) or fastpath.is_crossed(serial):
                continue
            if serial != own and serial not in needs and not mode & (NOCHECK | TRY):
                needs[serial] = Need(mode, False, seen)
        return needs


def is_for(wait: Wait, suspect: Suspect) -> bool:
    """Return whether a wait is for the condition of this suspect."""
    condition = getattr(wait.aim, "condition", None)
    return condition is not None and fastpath.kept_in(condition, _SIGNALS) is suspect.signals


def is_daemon() -> bool:
    """Return whether the running thread is a daemon, which may wait for ever."""
    thread = threading._active.get(_thread.get_ident())  # type: ignore[attr-defined]
    return thread is None or bool(thread._daemonic)


def taken_lately(thread: ThreadState) -> Mapping[int | Entry, Sighting] | None:
    """Return what the running thread has taken since its last hand-off; None if that is not known."""
    run = thread.record
    stretch = run.stretch if isinstance(run, Run) else None
    return stretch if stretch is thread.took else None


def locks_of(thread: ThreadState, own: int, *, without: int) -> Locks:
    """Return the locks that a thread holds, except for its own of the condition and those of these modes.

    Those that any thread may release are left out: others may have a unit of them as well.
    """
    return {
        serial: chain.entry.mode
        for chain, serial in thread.held()
        if serial != own
        and not chain.entry.mode & without
        and not fastpath.is_crossed(serial)
        and chain.entry.lock_class is not None
    }


def place_of(condition: Any, awaited: str) -> str:
    """Return where a condition, or what it belongs to, was made; of a queue also which of its conditions it is."""
    lock_class = class_of(condition)
    made = "an unknown place" if lock_class is None else str(lock_class.name).rpartition(" made at ")[2]
    return f"event:{made}{_OF_QUEUES.get(awaited, '')}"


def class_of(condition: Any) -> LockClass | None:
    """Return the class of the lock of a condition, or of the map that stands for it."""
    lock = condition._lock
    return lock.entry.lock_class if isinstance(lock, DepMap) else None
