"""Annotations against their rules."""

import lockdep
from lockdep.contexts import simulated
from lockdep.fastpath import ExclusiveLock
from lockdep.wait_types import Traits


class Mutex(ExclusiveLock):
    traits = Traits()


state = Mutex("state")


def released_while_pinned():
    with state:
        lockdep.pin(state)


def no_such_subclass():
    state.lock_as(subclass=8)
    state.release()


released_while_pinned()
no_such_subclass()
simulated.local_bh_enable()


SHOWS = {"LockMisuse": "WARNING: releasing a pinned lock"}
EXPECTED = """\

================================
WARNING: releasing a pinned lock
Python VERSION SYSTEM [dbad956d978a]
--------------------------------
thread MainThread, at misuse.py:17 in released_while_pinned:
  unpin it first, with the cookie that pin returned

this is about:
  (state){+.+.}-{4:4} [Mutex]

other info that might help us debug this:
1 lock held by MainThread:
 #0: (state){+.+.}-{4:4}, at: misuse.py:17 in released_while_pinned

stack backtrace:
      misuse.py:17 in released_while_pinned
        with state:
      misuse.py:26 in <module>
        released_while_pinned()

evidence: certain (error): unpin it first, with the cookie that pin returned

===================================
BUG: looking up invalid subclass: 8
Python VERSION SYSTEM [0dee0fba0f2c]
-----------------------------------
thread MainThread, at misuse.py:22 in no_such_subclass:
  subclasses are 0 to 7

this is about:
  (state){+.+.}-{4:4} [Mutex]

other info that might help us debug this:
no locks held by MainThread.

stack backtrace:
      misuse.py:22 in no_such_subclass
        state.lock_as(subclass=8)
      misuse.py:27 in <module>
        no_such_subclass()

evidence: certain (error): subclasses are 0 to 7

===================================
WARNING: unbalanced local_bh_enable
Python VERSION SYSTEM [6f0a1f279e2f]
-----------------------------------
thread MainThread, at misuse.py:28 in <module>:
  bottom halves are enabled already

other info that might help us debug this:
no locks held by MainThread.

stack backtrace:
      misuse.py:28 in <module>
        simulated.local_bh_enable()

evidence: certain (error): bottom halves are enabled already
lockdep: 3 errors, 0 warnings
"""

SHORT = """\

==============================
ERROR: releasing a pinned lock                                    [dbad956d978a]
------------------------------
  A  state  (Mutex)

MainThread uses A against the rule
    misuse.py:26  <module>               released_while_pinned()
  > misuse.py:17  released_while_pinned  with state:               holds A, here

error, certain: unpin it first, with the cookie that pin returned
accept  suppress = ["misuse: state  # why"]
more    lockdep explain misuse     --style kernel     --frames all

===================================
BUG: looking up invalid subclass: 8                               [0dee0fba0f2c]
-----------------------------------
  A  state  (Mutex)

MainThread uses A against the rule
    misuse.py:27  <module>          no_such_subclass()
  > misuse.py:22  no_such_subclass  state.lock_as(subclass=8)               here

error, certain: subclasses are 0 to 7
accept  suppress = ["misuse: state  # why"]
more    lockdep explain misuse     --style kernel     --frames all

=================================
ERROR: unbalanced local_bh_enable                                 [6f0a1f279e2f]
---------------------------------
MainThread uses it against the rule
  > misuse.py:28  <module>  simulated.local_bh_enable()                     here

error, certain: bottom halves are enabled already
accept  suppress = ["misuse: misuse.py:* in <module>  # why"]
more    lockdep explain misuse     --style kernel     --frames all
lockdep: 3 errors, 0 warnings
"""
