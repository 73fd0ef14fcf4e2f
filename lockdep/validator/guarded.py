"""What surrounds every piece of the validator's work: when it is done, the graph lock, failures, and telling.

A thread leaves its work in the list of its sightings, and does it when it is calm (see ThreadState.calm): between two
acquisitions it would keep the first lock for so long that a deadlock becomes likely which was not. Promises:

A thread waits for the graph lock at most GRAPH_LOCK_SECONDS, and never while it is already inside the validator; what
cannot be judged in time stays in the list. Who asks for the findings waits longer: an answer must not lack what the
same thread has done before. A signal handler may raise an exception on any line, so a piece of work
leaves the list last, and doing one twice does no harm. Findings are told to `sink` after the graph lock is free. An
Exception of ours is an internal failure: it is said once, and the program goes on. A piece of work that runs out of
memory, of stack or of file descriptors stays in the list. Exceptions of the program, which its signal handlers raise
while we work, pass through (see blame.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from time import monotonic
from typing import TypeVar

from lockdep import fastpath, trace
from lockdep.blame import is_internal, let_pass
from lockdep.config import Options
from lockdep.descriptors import none_left, one_free
from lockdep.fastpath import Chain, Sighting, ThreadState
from lockdep.trace import StackTrace
from lockdep.validator.acquisition import Acquisition, acquisition_of
from lockdep.validator.rules import Rules
from lockdep.violations.book import FindingBook
from lockdep.violations.finding import DeadlockError, Finding
from lockdep.violations.violation import Violation
from lockdep.violations.where import Where
from lockdep.waits.held import thread_name

GRAPH_LOCK_SECONDS = 0.02
ASKED_SECONDS = 2.0  # for the graph lock, where somebody waits for an answer
REFUSED_SECONDS = 5.0
TELLING_SECONDS = 5.0  # how long the end of the process waits for a thread that tells what was found
SHORTAGE = (MemoryError, RecursionError)  # these pass, and the work is done another time
AT_A_TIME = 8  # pieces of work
STEPS_OF_OURS = 12  # the most that can be on top of a stack

GRAPH_LOCK = fastpath.GraphLock()  # one for all validators

T = TypeVar("T")
Work = Callable[[], object]
Item = Sighting | Work  # what a thread has in its list


def new_root() -> Chain:
    """Return a chain without locks, where the chains of ordinary code begin."""
    root = Chain(None, None)
    root.admit()
    return root


class GuardedWork:
    """The data of a validator, and the frame in which it works on them. `busy` of a thread counts its frames."""

    def __init__(self, options: Options | None = None, sink: Callable[[Finding], None] | None = None) -> None:
        self.options: Options = Options() if options is None else options
        self.sink = sink
        self.warn: Callable[[str], None] | None = None
        self.end_process: Callable[[], None] | None = None  # called when on_deadlock asks for it; does not return
        self.learned: Callable[[], None] | None = None  # called after work was done
        self.ask_children: Callable[[], None] | None = None  # called when all is collected: findings of forked children
        self.hung: Callable[[str], None] | None = None  # called once with a picture of all threads, see hang_after
        self.greenlets_came: Callable[[], None] | None = None  # called once, if they take the thread functions' place
        self.root: Chain = new_root()
        self.rules: Rules = Rules(self.options, self.root)
        self.book: FindingBook = self.rules.book
        self.chains: int = 0
        self.failures: int = 0
        self.in_force = False
        self._refused_since: float | None = None
        self._forker = 0  # the thread that began with the locks in rules.over_fork
        self._graph_lock = GRAPH_LOCK
        self._telling = fastpath.GraphLock()
        self._ending = fastpath.GraphLock()  # held while a deadlock is reported
        self._unfinished: list[Item] = []  # work that was begun; more than one piece only if exceptions have ended some

    def report(self, violation: Violation, grade: str, reason: str) -> None:
        """Make a finding of a violation. It is told when the thread is calm, if it is new or stronger than before.

        Raises DeadlockError if the option raise_on_deadlock is set and the finding is an error.
        """
        self._soon(fastpath.thread_state(), lambda: self.book.register(violation, grade, reason))

    def judge(self, thread: ThreadState, seconds: float = GRAPH_LOCK_SECONDS) -> None:
        """Judge the sightings of the running thread, and tell what was found. Wait so long for the graph lock.

        Raises DeadlockError if the option raise_on_deadlock is set and an error was found.
        """
        if thread.busy or not thread.sightings:
            return
        found = self._work_and_tell(thread, thread, seconds)
        if not thread.chain.depth and thread.serial == self._forker:
            self.rules.over_fork = frozenset()
        for finding in found:
            if self.options.raise_on_deadlock and finding.raises:
                raise DeadlockError(finding)

    def judge_other(self, thread: ThreadState, seconds: float = GRAPH_LOCK_SECONDS) -> None:
        """Judge the sightings of another thread, which may go on meanwhile, or may have ended."""
        me = fastpath.thread_state()
        if thread.sightings and not me.busy:
            self._work_and_tell(me, thread, seconds)

    def _soon(self, thread: ThreadState, work: Work) -> None:
        """Do a piece of work at the next calm moment of the running thread, or now if an exception may come of it."""
        thread.sightings.append(work)
        thread.waits_calm = True
        calm = thread.running >= -1 and not thread.chain.depth
        if calm or self.options.raise_on_deadlock or thread.prompt:
            self.judge(thread)

    def _now(self, thread: ThreadState, work: Work, seconds: float = GRAPH_LOCK_SECONDS) -> None:
        """Do a piece of work now, after all that is in the list of the running thread."""
        thread.sightings.append(work)
        thread.waits_calm = True
        self.judge(thread, seconds)

    def _work_and_tell(
        self, me: ThreadState, owner: ThreadState, seconds: float = GRAPH_LOCK_SECONDS
    ) -> Sequence[Finding]:
        """Do the work in the list of a thread, and tell what was found; return the findings."""
        if fastpath.patched_since():
            self._give_way(owner)
            return ()
        found = self._inside(me, lambda: self._work_off(owner, seconds))
        self._inside(me, self._tell)
        if self.learned is not None:
            self._inside(me, self.learned)
        return found or ()

    def _inside(self, me: ThreadState, work: Callable[[], T]) -> T | None:
        """Return what `work` returns. Locks that it uses are not validated. None if it has failed.

        Without memory or stack for it nothing is lost: it is in a list still.
        """
        me.busy += 1
        try:
            return work()
        except SHORTAGE as error:
            try:
                ours = is_internal(error)
            except SHORTAGE:
                ours = True
            if not ours:
                raise
        except Exception as error:
            if not none_left(error):
                self._take(error)
        finally:
            me.busy -= 1
        return None

    def _work_off(self, owner: ThreadState, seconds: float) -> list[Finding]:
        """Do the work in the list of a thread; return the findings that are to be told.

        Some pieces at a time: exceptions of signal handlers that come again and again leave what was done behind.
        """
        found: list[Finding] = []
        left = len(owner.sightings)
        while left > 0:
            ready = [(item, self._prepared(item, owner)) for item in owner.sightings[:AT_A_TIME]]
            left -= AT_A_TIME
            try:
                if not self._graph_lock.take(seconds):
                    self._refused()
                    return []
                self._refused_since = None
                self._do(ready, owner.sightings)
                found = list(self.book.news)
            finally:
                self._graph_lock.drop()  # whatever `take` has returned: an exception may have come instead
        return found

    def _give_way(self, owner: ThreadState) -> None:
        """Judge nothing any more: greenlets share the state of a thread, which mixes up what each of them holds."""
        owner.sightings.clear()
        if self.greenlets_came is not None:
            self.greenlets_came()

    def _refused(self) -> None:
        """Say that the graph lock cannot be had for long. Nothing is lost: what was seen is judged later."""
        now = monotonic()
        if self._refused_since is None:
            self._refused_since = now
        elif now - self._refused_since > REFUSED_SECONDS and self.warn is not None:
            self.warn(f"for {REFUSED_SECONDS} s one thread has kept the validator busy: the others are judged later")

    def _do(self, ready: list[tuple[Item, Work]], items: list[Item]) -> None:
        for item, work in ready:
            if not items or items[0] is not item:
                return  # another thread has done it
            self.rules.thorough = item in self._unfinished
            if not self.rules.thorough:
                self._unfinished.append(item)
            try:
                work()
            except SHORTAGE:
                raise
            except Exception as error:
                self._take(error)
                if isinstance(item, Sighting):
                    item.chain.forget()
            self._unfinished.remove(item)
            del items[0]

    def _prepared(self, item: Item, owner: ThreadState) -> Work:
        """Return what to do under the graph lock. What may call code of the program is done here, before."""
        if not isinstance(item, Sighting):
            return item
        if item.root is not self.root:
            return item.chain.forget  # seen under another validator, or before a fork
        return partial(self._judge_sighting, item, self._acquisition(item, owner))

    def _judge_sighting(self, seen: Sighting, new: Acquisition) -> None:
        if seen.crossed == fastpath.FORKED:
            self.rules.inherited(new, seen.other)
            return
        if seen.crossed:
            self.rules.crossed(new, seen.crossed)
            return
        if seen.again:
            self.rules.judge(seen.chain, new)
            if seen.chain.known and not seen.chain.judged:
                seen.chain.admit()
            return
        self.rules.validate(seen.chain, new)
        if seen.chain.known:
            seen.chain.admit()
            self.chains += 1
        else:
            self.rules.bound("max_chains", "chains are judged pair by pair, each time", new)

    def _acquisition(self, seen: Sighting, owner: ThreadState) -> Acquisition:
        """Return what the rules judge. `owner` is the state of the thread, unless that has ended since."""
        name = (
            thread_name(owner) if owner.serial == seen.thread else seen.run.label() if seen.run else "an ended thread"
        )
        new = acquisition_of(seen, name, self.options.stack_depth)
        new.over_fork = self.rules.over_fork
        return new

    def _here(self, thread: ThreadState) -> Acquisition:
        """Return where the running thread is and what it holds, as an acquisition of nothing."""
        return self._acquisition(self._see(thread, thread.chain, 0), thread)

    def _see(self, thread: ThreadState, chain: Chain, serial: int) -> Sighting:
        return thread.see(chain, thread.chain, serial, self.options.stack_depth + STEPS_OF_OURS)

    def _where(self, thread: ThreadState | None = None) -> Where:
        """Return where the running thread is and what it holds."""
        thread = fastpath.thread_state() if thread is None else thread
        thread.busy += 1
        try:
            return self._here(thread).where()
        finally:
            thread.busy -= 1

    def _tell(self, seconds: float = 0) -> None:
        """Tell the findings that are news. One thread does it at a time, and also tells those of others.

        If another thread does it now, wait at most so long for it.
        """
        while self.book.news:
            try:
                if not self._telling.take(seconds):
                    return
                while news := self.book.news:  # a new list in a child, if a handler forks meanwhile
                    finding = news[0]
                    self._tell_one(finding)
                    if news and news[0] is finding:  # else a callback has had it told, since the process was to end
                        del news[0]
            finally:
                self._telling.drop()

    def tell_rest(self) -> None:
        """Tell what is news before the process ends. If another thread does so, wait until it is done."""
        if self.book.news:
            me = fastpath.thread_state()
            self._inside(me, lambda: self._tell(TELLING_SECONDS))

    def _tell_one(self, finding: Finding) -> None:
        try:
            with one_free():
                self.book.suppress(finding)
                if self.sink is not None:
                    self.sink(finding)
        except SHORTAGE:
            raise
        except Exception as error:
            if none_left(error):
                raise
            self._take(error)

    def _holder(self, owner: int) -> str:
        """Return the name of the thread with this serial, '' if there is none any more."""
        holder = fastpath.find_thread(owner)
        return "" if holder is None else thread_name(holder)

    def _capture(self) -> StackTrace:
        return trace.capture(self.options.stack_depth)

    def _take(self, error: Exception) -> None:
        """Count an exception of ours as a failure, and let one of the program pass on."""
        let_pass(error)
        self._failed(error)

    def _failed(self, error: Exception) -> None:
        """Count an internal failure, and say the first one."""
        self.failures += 1
        self.book.note_failure(error)
        try:
            if self.failures == 1 and self.warn is not None:
                self.warn(f"failed internally, and goes on: {error!r}")
        except Exception as another:  # the cause may last: a test that replaces a builtin function, for example
            let_pass(another)

    def forked(self) -> None:
        """Go on in the child. The parent tells what is news.

        If another thread was changing the graph during the fork, the child starts with an empty one.
        """
        self._telling, self._ending = fastpath.GraphLock(), fastpath.GraphLock()
        # New lists: without the GIL, a thread that is gone may have held the old ones' own locks.
        self.book.news = []
        # What a fork hook releases and takes again in the child can wait for nobody.
        thread = fastpath.thread_state()
        self._forker = thread.serial
        self.rules.over_fork = frozenset(serial for _, serial in thread.held())
        if not GRAPH_LOCK.intact:
            self._unfinished = []
            self.root = new_root()  # a chain that is in no graph must not pass as known
            self.rules.cycles.restart(self.root)
