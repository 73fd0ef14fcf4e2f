# C types of _handoffs.py, read only when it is compiled.
cimport cython
from cpython.object cimport PyObject_GenericSetAttr

from lockdep.fastpath._link cimport Link, _link, find_in, new_serial, shared, shared_bint, shared_int
from lockdep.fastpath._lock cimport ExclusiveLock
from lockdep.fastpath._modes cimport NEWS, NOTHING, SIGNAL
from lockdep.fastpath._runs cimport Handed
from lockdep.fastpath._thread_state cimport ThreadState
from lockdep.fastpath._threads cimport current


cdef extern from "lockdep/fastpath/_references.h":
    object ld_kept(object thing, object name)


cdef class Told:
    cdef readonly object world
    cdef readonly long long own
    cdef readonly long long serial
    cdef readonly dict signallers
    cdef readonly list sleepers
    cdef readonly dict spent
    cdef readonly dict steady
    cdef public shared_bint free          # these three also without its lock: many conditions share _spared
    cdef public shared idle
    cdef public shared_int tasks


cdef object _HANDED, _SIGNALS
cdef Told _spared

cpdef kept_in(object thing, object name)
cpdef bint keep_in(object thing, object name, object value) except -1
@cython.locals(state=ThreadState, handed=Handed)
cpdef Handed hand_over()
cpdef bint hand_to(object thing) except -1
cpdef handed_to(object thing)
cpdef bint knows(Handed handed) except -1
cdef bint is_known(ThreadState state, Handed handed) except -1
@cython.locals(state=ThreadState)
cpdef bint is_settled(object thing) except -1
cpdef bint stretch_goes_on() except -1
@cython.locals(took=dict)
cdef bint goes_on(ThreadState state) except -1
@cython.locals(depth=int)
cdef bint holds_only(ThreadState state, long long serial) except -1
@cython.locals(serial=cython.longlong)
cpdef bint holds_more(object lock) except -1
cdef bint is_sure(ThreadState state) except -1
@cython.locals(took=dict)
cdef bint needs_nothing(ThreadState state, long long own) except -1
cpdef bint spare(object condition) except -1
cpdef bint says_nothing(Told told, ThreadState state) except -1
cpdef bint note_idle(Told told, ThreadState state) except -1
cpdef int news_of(object condition, object lock, object waiters) except -1
@cython.locals(state=ThreadState, mine=bint)
cdef int news_from(Told told, object lock, object waiters) except -1
cdef bint holds(object lock, ThreadState state) except -1
