# C types of _waitqueue.py, read only when it is compiled.
cimport cython

from lockdep.fastpath._chain cimport Chain
from lockdep.fastpath._dep_map cimport DepMap
from lockdep.fastpath._link cimport Link, _link, shared_bint
from lockdep.fastpath._modes cimport TIMED, TRY
from lockdep.fastpath._parking cimport (
    LD_EXPIRED, LD_GRANTED, LD_HELD, LD_PATIENCE, LD_SIGNALLED, LD_TAKEN, Line, Waiter, _generation, ld_call, ld_clock,
    ld_guard, ld_offer, ld_unguard, look_at, put_int,
)
from lockdep.fastpath._thread_state cimport ThreadState
from lockdep.fastpath._threads cimport current
from lockdep.fastpath._waits cimport Wait

cdef extern from *:
    long long PyThread_get_thread_ident()

cdef extern from "lockdep/fastpath/_atomics.h":
    int LD_EAGER
    int let_signals_in "LD_LET_SIGNALS_IN"() except -1
    int ld_take(int *word) nogil

cdef int HAD, MORE, UNBALANCED, ACCEPT, EXPIRE, ABANDON, CLAIM
cdef long long LIMIT
cdef double _patience
cdef object FOREVER, sleep, deque, _get_ident, _allocate_lock


cdef class WaitQueue(Line):
    cdef object __weakref__
    cdef readonly long long total
    cdef long long sure
    cdef long long free_units
    cdef readonly long long owner
    cdef readonly long long contended
    cdef readonly int spins
    cdef public double patience
    cdef long long offered
    cdef int whole, part, none
    cdef dict waits

    @cython.final
    cdef equip(self)
    @cython.locals(outer=Waiter, taken=cython.bint)
    cdef bint take_units(self, long long units, bint barge=*, Waiter waiter=*) except -1
    @cython.final
    @cython.locals(outer=Waiter)
    cdef bint go_ahead(self, long long units, Waiter waiter) except -1
    @cython.final
    cdef int begin(self) except -1
    @cython.final
    @cython.locals(free=cython.longlong)
    cdef long long count_free(self) except -1
    @cython.final
    cdef int take_back(self, Waiter waiter) except -1
    @cython.final
    cdef int *word_for(self, long long units) noexcept
    @cython.final
    cdef bint withdraw(self) except -1
    @cython.locals(woken=Waiter, result=cython.int)
    cdef int put_units(self, long long units, DepMap dep_map=*, Waiter leaver=*, int how=*) except -1
    @cython.final
    cdef int let_leave(self, Waiter leaver, int how) except -1
    @cython.final
    cdef int claim(self, Waiter waiter) except -1
    @cython.final
    @cython.locals(first=Waiter, waiter=Waiter, alone=cython.bint)
    cdef Waiter serve(self)
    @cython.locals(waiter=Waiter, me=cython.longlong, deadline=double, until=double, ended=int, result=int)
    cdef bint wait_units(self, long long units, object timeout=*, bint signals=*, bint barge=*, Wait entry=*) except -1


cdef class ValidatedQueue(WaitQueue):
    cdef readonly DepMap dep_map
    cdef readonly long long portion

    @cython.locals(entry=Wait)
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
    cdef readonly shared_bint handed
    cdef readonly object holders

    cdef bint hold(self, object me, Chain ticket, long long units, int mode, object timeout, bint signals, bint barge) except -1
