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
    cdef public int twin
    cdef public object stack
    cdef public bint judged
    cdef readonly bint known
    cdef int number

    cpdef admit(self)
    cpdef place(self)
    cpdef Chain follow(self, Entry entry, object stack)
    cpdef Chain context_root(self, object key)


cdef int MOST_STUBS
cdef Chain _nowhere, _unrooted
cdef Entry _untracked
