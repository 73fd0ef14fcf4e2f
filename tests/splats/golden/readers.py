"""A reader waits for a lock whose holder waits to write what is being read."""

from lockdep.fastpath import READ, DepMap, ExclusiveLock
from lockdep.wait_types import Traits


class Mutex(ExclusiveLock):
    traits = Traits()


class RWSem:
    traits = Traits()


table = DepMap("table", RWSem)
row = Mutex("row")


def look_up():
    table.hold(READ)
    with row:
        pass
    table.release()


def insert():
    with row:
        table.hold()
        table.release()


look_up()
insert()


EXPECTED = """\

======================================================
WARNING: possible circular locking dependency detected
Python VERSION SYSTEM [013b66ce6fb4]
------------------------------------------------------
thread MainThread is trying to acquire lock:
  (table){++++}-{4:4} [RWSem]

but it is already holding lock:
  (row){+.+.}-{4:4} [Mutex]

which lock already depends on the new lock.


the existing dependency chain (in reverse order) is:

-> #1 (row){+.+.}-{4:4} --> (table){++++}-{4:4}: MainThread
   held row, taken at:
      readers.py:27 in insert
        with row:
      readers.py:33 in <module>
        insert()
   to acquire table at:
      readers.py:28 in insert
        table.hold()
      readers.py:33 in <module>
        insert()

-> #0 (table){++++}-{4:4} --> (row){+.+.}-{4:4}: MainThread
   held table for read, taken at:
      readers.py:20 in look_up
        table.hold(READ)
      readers.py:32 in <module>
        look_up()
   to acquire row at:
      readers.py:21 in look_up
        with row:
      readers.py:32 in <module>
        look_up()

other info that might help us debug this:

Chain exists of:
  table --> row --> table

 Possible unsafe locking scenario:

  thread 0        thread 1
  --------        --------
  rlock(table);
                  lock(row);
  lock(row);
                  lock(table);

 *** DEADLOCK ***

1 lock held by MainThread:
 #0: (row){+.+.}-{4:4}, at: readers.py:27 in insert

stack backtrace:
      readers.py:28 in insert
        table.hold()
      readers.py:33 in <module>
        insert()

evidence: potential (error): the same locks close the cycle, seen all in one thread
lockdep: 1 error, 0 warnings
"""

SHORT = """\

====================================================
ERROR: possible circular locking dependency detected              [013b66ce6fb4]
----------------------------------------------------
  A  table  (RWSem)
  B  row    (Mutex)

MainThread took A for read, then B
    readers.py:32  <module>  look_up()
  > readers.py:20  look_up   table.hold(READ)                            holds A
  > readers.py:21  look_up   with row:                                   wants B

MainThread took B, then A
    readers.py:33  <module>  insert()
  > readers.py:27  insert    with row:                                   holds B
  > readers.py:28  insert    table.hold()                                wants A

  MainThread   MainThread
  ----------   ----------
  rlock(A);
               lock(B);
  lock(B);
               lock(A);

 *** DEADLOCK ***

error, potential: the same locks close the cycle, seen all in one thread
fix     take the locks in one order everywhere, or release A before the other
        one is taken
accept  suppress = ["circular: table -> row  # why"]
more    lockdep explain circular     --style kernel     --frames all
lockdep: 1 error, 0 warnings
"""
