"""What a wait queue does in the pure build. The compiled build does not load this module.

A section has no call and no loop, so that no signal handler can run in it: only steps of iterators that take the guard,
wake a thread, take that back, and drop the guard.

A waiter that is granted units is woken by the release of its raw lock. As long as it has not taken that lock, which on
most interpreters it does before it has the GIL, a thread that runs can still get the units: it takes the raw lock back.
So units that are used in a loop are not handed to a sleeping thread each time.
"""

from __future__ import annotations

import _thread
import sys
import time
from itertools import repeat, starmap

from lockdep.fastpath._modes import FOREVER
from lockdep.fastpath._parking import Waiter, _generation
from lockdep.fastpath.greenlets import greenlets_patched

# A try of a lock of greenlets lets others run, and a section must not: they grant units for good.
PATIENCE = 0 if greenlets_patched() else 0.001 if sys.version_info >= (3, 14) else 0.004
HAD, MORE, UNBALANCED = 1, 2, 4               # see _waitqueue
ACCEPT, EXPIRE, ABANDON = 0, 1, 2
LIMIT = 1 << 40

_get_ident = _thread.get_ident
_now = time.monotonic


def equip(queue):
    """Give a new queue its guard."""
    guard = _thread.RLock()                   # re-entrant: a trace function may run inside a section
    queue.enters = map(guard.acquire, repeat(True))
    queue.leaves = starmap(guard.release, repeat(()))
    queue.called = None                       # the last waiter that was granted units, if it can lose them again


def count_free(queue):
    """Return how many units are free."""
    return queue.free_units


def take_units(queue, units, barge=False, waiter=None):
    """Take units; see WaitQueue.take."""
    outer = None if waiter is None else waiter.outer
    me = _get_ident()
    for _ in queue.enters:
        break
    if queue.forks != _generation[0]:
        queue.first = queue.last = queue.called = None
        queue.waiting = 0
        queue.forks = _generation[0]
    late = queue.called
    if outer is not None and outer.granted:
        late = outer                          # this wait comes before that one, which asks again afterwards
        late.forks = 0
    elif late is None or not late.granted or not queue.free_units < units <= queue.free_units + late.units:
        late = None
    if late is not None:
        for revoked in late.revokes:
            break
        if revoked or late is outer:
            late.granted = False
            queue.free_units += late.units
            queue.owner = 0
        else:
            late = None
    taken = queue.free_units >= units and (barge or late is not None or queue.first is None or queue.first is outer)
    after = queue.first if barge or late is not None else None
    if taken:
        waiter = None if late is outer else late        # who lost its units is the first again
        queue.free_units -= units
        if units == queue.total:
            queue.owner = me
    elif waiter is not None:
        queue.contended += 1
        if outer is not None and outer.queued and not barge:
            after = outer
    if waiter is not None:
        waiter.after = after
        waiter.before = queue.last if after is None else after.before
        if after is None:
            queue.last = waiter
        else:
            after.before = waiter
        if waiter.before is None:
            queue.first = waiter
        else:
            waiter.before.after = waiter
        waiter.queued = True
        queue.waiting += 1
    for _ in queue.leaves:
        break
    return taken


def put_units(queue, units, dep_map=None, leaver=None, how=ACCEPT):
    """Give units back; see WaitQueue.put."""
    now = 0 if queue.first is None else _now()
    result = 0
    try:
        if dep_map is not None and not dep_map.let_go() and units < queue.sure:
            units = 0
            result = UNBALANCED
    finally:                                  # the units are given back whatever the validator does
        for _ in queue.enters:
            break
        if queue.forks != _generation[0]:
            queue.first = queue.last = queue.called = None
            queue.waiting = 0
            queue.forks = _generation[0]
        if units:
            queue.owner = 0
            queue.free_units += units
            if queue.free_units > LIMIT:
                queue.free_units = LIMIT
        if leaver is not None:
            if leaver.granted:
                if how == ABANDON:
                    queue.free_units += leaver.units
                    queue.owner = 0
                else:
                    result |= HAD
                leaver.granted = False
            elif leaver.queued and how != ACCEPT:
                leaver.queued = False
                if leaver.forks == queue.forks:
                    queue.waiting -= 1
                    if leaver.before is None:
                        queue.first = leaver.after
                    else:
                        leaver.before.after = leaver.after
                    if leaver.after is None:
                        queue.last = leaver.before
                    else:
                        leaver.after.before = leaver.before
                    leaver.before = leaver.after = None
        first = queue.first
        if first is not None and first.units <= queue.free_units:
            queue.free_units -= first.units
            if first.units == queue.total:
                queue.owner = first.thread
            queue.first = first.after
            if first.after is None:
                queue.last = None
            else:
                first.after.before = None
                if first.after.units <= queue.free_units:
                    result |= MORE
            first.after = None
            first.queued = False
            first.granted = True
            queue.waiting -= 1
            queue.called = first if now < first.since + queue.patience else None
            for _ in first.wakes:
                break
        for _ in queue.leaves:
            break
    return result


def wait_units(queue, units, timeout=FOREVER, signals=False, barge=False, entry=None):
    """Block until the units were taken; see WaitQueue.wait."""
    deadline = None if timeout < 0 else _now() + timeout
    me = _get_ident()
    for _ in range(queue.spins):
        time.sleep(0)
        if queue.take_units(units, barge):
            return True
    waiter = Waiter(me, units, queue.waits.get(me))
    queue.waits[me] = waiter                  # from here on, no exception can lose units that were granted
    try:
        if queue.take_units(units, barge, waiter):
            return True
        while True:
            if waiter.granted:
                while queue.put_units(0) & MORE:
                    pass
                if queue.put_units(0, None, waiter, ACCEPT) & HAD:
                    return True
            elif waiter.forks != _generation[0]:
                waiter.queued = False         # a handler has forked, or has taken what was granted to this wait
                waiter.forks = _generation[0]
                if queue.take_units(units, True, waiter):
                    return True
            elif not queue.sleep(waiter, deadline if entry is None else _now() + entry.nap, signals):
                if entry is None:
                    return queue.put_units(0, None, waiter, EXPIRE) & HAD != 0
                entry.look()
    except BaseException:
        queue.put_units(0, None, waiter, ABANDON)
        raise
    finally:
        if waiter.outer is None:
            del queue.waits[me]
        else:
            queue.waits[me] = waiter.outer


def sleep(queue, waiter, deadline, signals):
    """Sleep until woken, then return True; or until the deadline, then return False."""
    left = FOREVER if deadline is None else max(0, deadline - _now())
    return waiter.sleep(left, signals)


def complete(kind):
    """Give WaitQueue the methods of this build."""
    for method in (equip, count_free, take_units, put_units, wait_units, sleep):
        setattr(kind, method.__name__, method)
