# C types of _chain.py, read only when it is compiled.
cimport cython

from lockdep.fastpath._link cimport Link, _link
from lockdep.fastpath._modes cimport BLOCKING, ROOM
from lockdep.fastpath._tally cimport Tally, find_tally

cdef extern from "lockdep/fastpath/_atomics.h":
    void ld_immortal(object op)


@cython.final
@cython.no_gc
cdef class Entry:
    cdef readonly Tally tally
    cdef readonly object lock_class
    cdef readonly int mode
    cdef public bint watched


@cython.final
@cython.no_gc
cdef class Chain:
    cdef readonly Chain parent
    cdef public Chain gate
    cdef readonly Entry entry
    cdef public dict children
    cdef readonly int depth
    cdef readonly int twin
    cdef public object first
    cdef readonly bint judged
    cdef readonly bint by_pair
    cdef readonly bint known
    cdef int number
    cdef int waiting
    cdef long long last_lock
    cdef long long last_held

    cpdef admit(self)
    cpdef place(self)
    cdef bint meet(self, long long lock, long long held) except -1
    cpdef forget(self)
    cpdef judge_instances(self, int twin, bint by_pair)
    cpdef Chain follow(self, Entry entry, Chain like)
    cpdef Chain context_root(self, object key)


cdef int MOST_STUBS, MOST_WAITING
cdef Chain _nowhere, _unrooted
cdef Entry _untracked
