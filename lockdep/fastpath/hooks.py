"""The seam between the fast path and a validator: what the fast path calls when it meets something new.

A known acquisition calls nothing, and a new one leaves a Sighting. Everything else goes to one object that follows the
protocol `Hooks`, given to `connect`; NoHooks follows it too, and is in force while nothing is tracked.

Every hook is called in the thread that uses the lock, with nothing of the fast path locked. A hook may take time and
may use locks of its own, but must not wait for one without a bound. While it uses locks it raises `state.busy`, so
that they are not validated. An exception leaves the lock operation: before the lock is taken, or, where a lock is
being released, after it was released.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import FrameType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

if TYPE_CHECKING:
    from lockdep.fastpath import DepMap, Entry, Sighting, Site, ThreadState, Wait

Locate: TypeAlias = Callable[[FrameType | None, type, "Site | Any", Any], "Entry | None"]
"""locate(frame, kind, inner, key): how a lock of the type `kind` is taken that is created by `frame`, in which case
`inner` is the Site of the next inner frame; None leaves the decision to the next outer frame. Without a frame, `inner`
is the name or class that the programmer gave and `key` the key, and the answer is never None."""

Interrupt: TypeAlias = Callable[[], bool]
"""interrupt(): run what is pending in this thread, at a point where it may be interrupted. Return whether something
stays pending: then it is called again at the next such point."""


class Settings(NamedTuple):
    """What else a validator says when it is connected.

    `locate` puts new locks into classes. Code of files whose names begin with one of `ours` only passes locks on for
    others. `room` more chains are remembered. A sighting keeps `stack_depth` steps of the stack. With `prompt`, what is
    new is judged before the lock is taken. A run remembers `max_instances` locks one by one. A thread that waits for a
    lock it holds itself is given `patience` seconds, in which another thread may release it.
    """

    locate: Locate | None = None
    ours: tuple[str, ...] = ()
    room: int = 0
    stack_depth: int = 24
    prompt: bool = False
    max_instances: int = 1024
    patience: float = 0.1


class RunCourse(Protocol):
    """What sightings keep of a run. It does not lead to what the run has taken, which are sightings, too."""

    label: Callable[[], str]  # returns the name of the thread or work item


class RunRecord(Protocol):
    """What describes a run: a thread, or a work item inside one. Others may wait for its end."""

    serial: int

    @property
    def took(self) -> dict[int | Entry, Sighting]:
        """What it has taken; the fast path fills it."""

    @property
    def waiters(self) -> Sequence[object]:
        """Who waits for it now, and holds locks."""

    @property
    def label(self) -> Callable[[], str]:
        """What returns the name of the thread or work item."""

    @property
    def course(self) -> RunCourse:
        """What its sightings keep of it."""


class Hooks(Protocol):
    """What a validator does for the fast path."""

    def judge(self, state: ThreadState, /) -> None:
        """Judge the sightings of a thread, oldest first, and take each out of its list when it is judged.

        Called at the thread's calm moments: when it holds nothing, when it has waited for a while, when its list is
        full. What cannot be judged now stays in the list. With the setting `prompt` it is called before each lock that
        is new, and an exception keeps the lock from being taken.
        """

    def recursion(self, state: ThreadState, entry: Entry, lock: DepMap, /) -> None:
        """A thread waits for an exclusive lock that it holds. Raises an exception, or lets the thread wait."""

    def hopeless(self, state: ThreadState, entry: Entry, lock: DepMap, /) -> None:
        """Like `recursion`, for other locks: the thread would wait for itself for ever. Should raise an exception."""

    def awaited(self, state: ThreadState, lock: DepMap, timed: bool, /) -> None:
        """A thread that others wait for has waited for a lock for a while, and goes on waiting."""

    def deadlocked(self, wait: Wait, /) -> None:
        """The running thread waits in a circle, `wait.circle`, which was the same some time ago: it is a deadlock.

        May raise an exception, which then ends the wait.
        """

    def waiting_on(self, wait: Wait, /) -> None:
        """The running thread has waited for a while and goes on waiting. May raise an exception, to end the wait."""

    def misuse(self, state: ThreadState, lock: DepMap, /) -> None:
        """A thread releases a lock that is not locked, or that it does not hold. The release fails afterwards."""

    def unnested(self, state: ThreadState, entry: Entry, outer: Entry, /) -> None:
        """The lock `outer`, which is to serialise locks taken as `entry`, is not held, or is released before them."""

    def subclass(self, lock_class: Any, number: int, /) -> Any:
        """Return the subclass of this number; the class itself, after a report, if there is none."""

    def reinitialised(self, state: ThreadState, lock: DepMap, /) -> None:
        """A lock is initialised again while somebody holds it."""

    def pinned_release(self, lock: DepMap, /) -> None:
        """A pinned lock is being released."""

    def signalled(self, state: ThreadState, lock: DepMap, /) -> None:
        """A thread that holds locks completes an event, which others may wait for."""

    def contended(self, state: ThreadState, entry: Entry, lock: DepMap, /) -> None:
        """A thread is about to wait for a lock. Called only while times are taken."""

    def name_of(self, state: ThreadState, /) -> str:
        """Return the name of the thread. Called once for each thread, only while events are traced."""


class NoHooks:
    """Hooks for the time in which nothing is tracked: each does nothing, and lock operations go on as if unvalidated.

    They are called even then: for locks that were taken while a validator was in force, and by a thread that was in the
    middle of an acquisition when it was taken out of force.
    """

    def judge(self, state: ThreadState, /) -> None:
        """Drop what was seen: nobody judges it."""
        state.sightings.clear()

    def recursion(self, *_: object) -> None:
        """Let the thread wait."""

    def hopeless(self, *_: object) -> None:
        """Let the thread wait."""

    def awaited(self, *_: object) -> None:
        """Let the thread wait."""

    def deadlocked(self, *_: object) -> None:
        """Let the thread wait."""

    def waiting_on(self, *_: object) -> None:
        """Let the thread wait."""

    def misuse(self, *_: object) -> None:
        """Let the release fail as that of an ordinary lock."""

    def unnested(self, *_: object) -> None:
        """Let the locks be taken or released in this order."""

    def subclass(self, lock_class: Any, _number: int, /) -> Any:
        """Return the class itself."""
        return lock_class

    def reinitialised(self, *_: object) -> None:
        """Let the lock be initialised."""

    def pinned_release(self, *_: object) -> None:
        """Let the lock be released."""

    def signalled(self, *_: object) -> None:
        """Let the event be completed."""

    def contended(self, *_: object) -> None:
        """Note nothing."""

    def name_of(self, *_: object) -> str:
        """Return a name that fits any thread."""
        return "unnamed thread"
