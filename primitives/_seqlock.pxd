# C types of _seqlock.py. Read when the module is compiled, never otherwise.
cimport cython

from lockdep.fastpath._chain cimport Chain
from lockdep.fastpath._dep_map cimport DepMap
from lockdep.fastpath._thread_state cimport ThreadState
from lockdep.fastpath._threads cimport current
from primitives._atomic cimport pa_acquire, pa_add, pa_mb, pa_read, pa_rmb, pa_wmb

cdef int RECURSIVE_READ, SYNC

cdef class Sequence:
    cdef object __weakref__
    cdef readonly DepMap dep_map
    cdef long long number
    cdef Chain hint

    @cython.final
    cdef check(self)
    cpdef long long read_begin(self) except -1
    cpdef long long raw_read_begin(self) except -1
    cpdef bint read_retry(self, long long start) except -1
    cpdef long long now(self)
    cpdef step(self)


@cython.final
cdef class Reading:
    cdef Sequence sequence
    cdef long long start
