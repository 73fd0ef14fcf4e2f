# C types of _chain.py, read only when it is compiled.
cimport cython
from cpython.object cimport PyObject

from lockdep.fastpath._link cimport Link, _link, fence, find_in, ld_get, ld_set_once, shared, shared_bint, shared_int
from lockdep.fastpath._modes cimport BLOCKING, ROOM
from lockdep.fastpath._tally cimport Tally, find_tally

cdef extern from "lockdep/fastpath/_references.h":
    void ld_mark(object op)

cdef extern from "lockdep/fastpath/_atomics.h":
    void ld_immortal(object op)
    PyObject **children_of "LD_CHILDREN"(Chain chain)
    void set_gate "LD_SET_GATE"(Chain chain, object gate)


@cython.final
@cython.no_gc
cdef class Entry:
    cdef readonly Tally tally
    cdef readonly object lock_class
    cdef readonly int mode
    cdef public shared_bint watched
    cdef public shared_int taken
    cdef readonly dict takers


@cython.final
@cython.no_gc
cdef class Chain:
    cdef readonly Chain parent
    cdef public Chain gate
    cdef readonly Entry entry
    cdef public dict children
    cdef readonly int depth
    cdef readonly shared_int twin
    cdef public object first
    cdef set settled
    cdef readonly shared_bint judged
    cdef readonly shared_bint by_pair
    cdef readonly shared_bint known
    cdef public shared_bint young
    cdef public shared_int more
    cdef int number
    cdef readonly shared_int waiting
    cdef shared last_lock
    cdef shared last_held

    cpdef admit(self)
    cpdef place(self)
    cdef int open_to(self, Chain gate) except -1
    cdef int have_children(self) except -1
    cpdef Chain child(self, key)
    cdef bint meet(self, long long lock, long long held) except -1
    cpdef forget(self)
    cpdef settle(self, tuple key)
    cdef bint is_settled(self, long long serial, object origin, list held) except -1
    cpdef judge_instances(self, int twin, bint by_pair)
    cpdef Chain follow(self, Entry entry, Chain like)
    cpdef Chain context_root(self, object key)


cdef int MOST_SETTLED, MOST_STUBS, MOST_TAKERS, MOST_WAITING
cdef Chain _nowhere, _unrooted
cdef Entry _untracked
