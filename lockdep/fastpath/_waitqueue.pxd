# C types of _waitqueue.py, read only when it is compiled.
cimport cython

from lockdep.fastpath._chain cimport Chain
from lockdep.fastpath._dep_map cimport DepMap
from lockdep.fastpath._modes cimport TIMED, TRY
from lockdep.fastpath._parking cimport Waiter, _generation, ld_guard, ld_unguard, ld_wake
from lockdep.fastpath._thread_state cimport ThreadState
from lockdep.fastpath._threads cimport current

cdef extern from *:
    long long PyThread_get_thread_ident()

cdef int HAD, MORE, UNBALANCED, ACCEPT, EXPIRE, ABANDON
cdef long long LIMIT
cdef object FOREVER, PATIENCE, monotonic, sleep, deque, _get_ident, _allocate_lock


cdef class WaitQueue:
    cdef object __weakref__
    cdef readonly long long total
    cdef long long sure
    cdef long long free_units
    cdef readonly long long owner
    cdef readonly int waiting
    cdef readonly long long contended
    cdef readonly int spins
    cdef int guard
    cdef Waiter first, last
    cdef long long forks
    cdef dict waits

    @cython.locals(outer=Waiter, after=Waiter, me=cython.longlong, taken=cython.bint)
    cdef bint take_units(self, long long units, bint barge=*, Waiter waiter=*) except -1
    @cython.locals(first=Waiter, woken=Waiter, result=cython.int)
    cdef int put_units(self, long long units, DepMap dep_map=*, Waiter leaver=*, int how=*) except -1
    @cython.locals(waiter=Waiter, me=cython.longlong)
    cdef bint wait_units(self, long long units, object timeout=*, bint signals=*, bint barge=*) except -1
    @cython.locals(status=cython.int)
    cdef int sleep(self, Waiter waiter, object deadline, bint signals) except -1


cdef class ValidatedQueue(WaitQueue):
    cdef readonly DepMap dep_map
    cdef readonly long long portion

    cdef bint get(self, Chain ticket, long long units, object timeout, bint signals, bint barge) except -1
    @cython.locals(ticket=Chain)
    cdef bint take_held(self, long long units, int mode=*, object timeout=*, bint signals=*, bint barge=*, object nest=*, int subclass=*) except -1
    @cython.locals(me=cython.longlong, result=cython.int)
    cdef bint give_held(self, long long units) except -1


@cython.final
cdef class Side:
    cdef readonly ValidatedQueue queue
    cdef readonly long long units
    cdef readonly int mode
    cdef readonly bint barge


cdef class UnitPool(ValidatedQueue):
    cdef readonly bint event
    cdef readonly bint single
    cdef readonly object holders

    cdef bint hold(self, object me, Chain ticket, long long units, int mode, object timeout, bint signals, bint barge) except -1
