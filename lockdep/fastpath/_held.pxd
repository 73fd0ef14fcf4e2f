# C types of _held.py, read only when it is compiled.
cimport cython
from cpython.object cimport PyObject

from lockdep.fastpath._chain cimport Chain, _unrooted
from lockdep.fastpath._modes cimport ROOM
from lockdep.fastpath._sighting cimport ld_taken_at

cdef extern from "lockdep/fastpath/_references.h":
    Chain ld_new_ref(PyObject **field)

cdef extern from "lockdep/fastpath/_atomics.h":
    PyObject **chain_of "LD_CHAIN"(HeldLocks locks)
    void *look_at "LD_LOAD"(void *field) nogil

cdef extern from "lockdep/fastpath/_frames.h":
    int ld_offset(void *place, object code)

cdef extern from "lockdep/fastpath/_origins.h":
    ctypedef struct ld_origin:
        void *place
        PyObject *code
    ld_origin *ld_origins(ld_origin *old, size_t had, size_t n) except? NULL
    void ld_leave_origin(ld_origin *origin)
    object ld_kept_steps(ld_origin *origin)

cdef extern from "lockdep/fastpath/_threads.h":
    long long *ld_serials(long long *old, size_t had, size_t n) except? NULL


@cython.no_gc
cdef class HeldLocks:
    cdef public Chain chain
    cdef long long *serials
    cdef ld_origin *origins
    cdef int capacity
    cdef readonly int gaps
    cdef int lowest
    cdef void *tstate

    @cython.final
    cdef bint room(self, int depth) except -1
    cdef Chain standing(self)
    cpdef list held_along(self, Chain chain)
    cpdef list chains(self)
    @cython.final
    cdef list chains_along(self, Chain chain)
    cpdef int find(self, long long serial) except -1
    @cython.final
    cdef pop(self)
    cpdef Chain walk(self, Chain chain, list steps)
