"""Both orders of two locks of one class, then two that do not match."""

import threading


class Account:
    def __init__(self):
        self.lock = threading.Lock()


class Audit:
    def __init__(self):
        self.lock = threading.Lock()


def transfer(source, target):
    with source.lock:
        with target.lock:
            pass


anna, bert = Account(), Account()
transfer(anna, bert)
transfer(bert, anna)

first, second = Audit(), Audit()
transfer(anna, first)
transfer(second, bert)


SHOWS = {"InstanceRing": "in an order that closes a ring:"}
EXPECTED = """\

======================================================
WARNING: possible circular locking dependency detected
Python VERSION SYSTEM [d59704b5f3f2]
------------------------------------------------------
thread MainThread takes locks of one class in an order that closes a ring:
  (instances.py:8 self.lock){+.+.}-{4:4} [Lock]

-> #1 instance 2 --> instance 1: MainThread
   held instance 2, taken at:
      instances.py:17 in transfer
        with source.lock:
      instances.py:24 in <module>
        transfer(bert, anna)
   to acquire instance 1 at:
      instances.py:18 in transfer
        with target.lock:
      instances.py:24 in <module>
        transfer(bert, anna)

-> #0 instance 1 --> instance 2: MainThread
   held instance 1, taken at:
      instances.py:17 in transfer
        with source.lock:
      instances.py:23 in <module>
        transfer(anna, bert)
   to acquire instance 2 at:
      instances.py:18 in transfer
        with target.lock:
      instances.py:23 in <module>
        transfer(anna, bert)

other info that might help us debug this:
 Possible unsafe locking scenario:

  thread 0            thread 1
  --------            --------
  lock(instance 1);
                      lock(instance 2);
  lock(instance 2);
                      lock(instance 1);

 *** DEADLOCK ***

 Take locks of one class in one order, by a number of their own for instance

1 lock held by MainThread:
 #0: (instances.py:8 self.lock){+.+.}-{4:4}, at: instances.py:17 in transfer

stack backtrace:
      instances.py:18 in transfer
        with target.lock:
      instances.py:24 in <module>
        transfer(bert, anna)

evidence: potential (error): 2 locks of one class are taken in a ring of orders, seen all in one thread

======================================================
WARNING: possible circular locking dependency detected
Python VERSION SYSTEM [f7d006c2b0a0]
------------------------------------------------------
thread MainThread is trying to acquire lock:
  (instances.py:8 self.lock){+.+.}-{4:4} [Lock]

but it is already holding lock:
  (instances.py:13 self.lock){+.+.}-{4:4} [Lock]

which lock already depends on the new lock.


the existing dependency chain (in reverse order) is:

-> #1 (instances.py:13 self.lock){+.+.}-{4:4} --> (instances.py:8 self.lock){+.+.}-{4:4}: MainThread
   held instances.py:13 self.lock, taken at:
      instances.py:17 in transfer
        with source.lock:
      instances.py:28 in <module>
        transfer(second, bert)
   to acquire instances.py:8 self.lock at:
      instances.py:18 in transfer
        with target.lock:
      instances.py:28 in <module>
        transfer(second, bert)

-> #0 (instances.py:8 self.lock){+.+.}-{4:4} --> (instances.py:13 self.lock){+.+.}-{4:4}: MainThread
   held instances.py:8 self.lock, taken at:
      instances.py:17 in transfer
        with source.lock:
      instances.py:27 in <module>
        transfer(anna, first)
   to acquire instances.py:13 self.lock at:
      instances.py:18 in transfer
        with target.lock:
      instances.py:27 in <module>
        transfer(anna, first)

other info that might help us debug this:

Chain exists of:
  instances.py:8 self.lock --> instances.py:13 self.lock --> instances.py:8 self.lock

 Possible unsafe locking scenario:

  thread 0                           thread 1
  --------                           --------
  lock(instances.py:8 self.lock);
                                     lock(instances.py:13 self.lock);
  lock(instances.py:13 self.lock);
                                     lock(instances.py:8 self.lock);

 *** DEADLOCK ***

1 lock held by MainThread:
 #0: (instances.py:13 self.lock){+.+.}-{4:4}, at: instances.py:17 in transfer

stack backtrace:
      instances.py:18 in transfer
        with target.lock:
      instances.py:28 in <module>
        transfer(second, bert)

evidence: unmatched (warning): the classes close a cycle, but the observations name different locks that lived at the same time
lockdep: 1 error, 1 warning
"""  # noqa: E501

SHORT = """\

====================================================
ERROR: possible circular locking dependency detected              [d59704b5f3f2]
----------------------------------------------------
  A  instances.py:8  self.lock  (Lock)

MainThread took A1, then A2
    instances.py:23  <module>  transfer(anna, bert)
  > instances.py:17  transfer  with source.lock:                        holds A1
  > instances.py:18  transfer  with target.lock:                        wants A2

MainThread took A2, then A1
    instances.py:24  <module>  transfer(bert, anna)
  > instances.py:17  transfer  with source.lock:                        holds A2
  > instances.py:18  transfer  with target.lock:                        wants A1

  MainThread   MainThread
  ----------   ----------
  lock(A1);
               lock(A2);
  lock(A2);
               lock(A1);

 *** DEADLOCK ***

error, potential: 2 locks of one class are taken in a ring of orders, seen all
        in one thread
fix     take locks of one class in one order, by a number of their own for
        instance, or release A1 before the next one is taken
accept  suppress = ["circular: instances.py:* self.lock  # why"]
more    lockdep explain circular     --style kernel     --frames all

======================================================
WARNING: possible circular locking dependency detected            [f7d006c2b0a0]
------------------------------------------------------
  A  instances.py:8   self.lock  (Lock)
  B  instances.py:13  self.lock  (Lock)

MainThread took A, then B
    instances.py:27  <module>  transfer(anna, first)
  > instances.py:17  transfer  with source.lock:                         holds A
  > instances.py:18  transfer  with target.lock:                         wants B

MainThread took B, then A
    instances.py:28  <module>  transfer(second, bert)
  > instances.py:17  transfer  with source.lock:                         holds B
  > instances.py:18  transfer  with target.lock:                         wants A

  MainThread   MainThread
  ----------   ----------
  lock(A);
               lock(B);
  lock(B);
               lock(A);

 *** DEADLOCK ***

warning, unmatched: the classes close a cycle, but the observations name
        different locks that lived at the same time
fix     take the locks in one order everywhere, or release A before the other
        one is taken
accept  suppress = ["circular: instances.py:* self.lock -> instances.py:* self.lock  # why"]
more    lockdep explain circular     --style kernel     --frames all
lockdep: 1 error, 1 warning
"""
