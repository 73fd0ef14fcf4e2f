# C types of _sighting.py, read only when it is compiled.
cimport cython
from cpython.object cimport PyObject

from lockdep.fastpath._chain cimport Chain

cdef extern from "lockdep/fastpath/_origins.h":
    ctypedef struct ld_origin:
        PyObject *code

cdef extern from "lockdep/fastpath/_sighting.h":
    ctypedef struct ld_copy:
        pass
    ld_copy *ld_make_copy(void *tstate, int limit, long long *serials, ld_origin *origins, int first, int depth) except NULL
    void ld_free_copy(ld_copy *copy)
    list ld_stack_of(ld_copy *copy)
    list ld_held_steps(ld_copy *copy, int at)
    long long ld_held_serial(ld_copy *copy, int at) nogil
    int ld_held_count(ld_copy *copy) nogil
    list ld_taken_at(ld_origin *origin, void *tstate)


@cython.final
@cython.no_gc
cdef class Sighting:
    cdef readonly Chain chain
    cdef readonly Chain base
    cdef readonly long long serial
    cdef readonly bint again
    cdef public bint retaken
    cdef readonly int crossed
    cdef readonly long long other
    cdef readonly object context
    cdef readonly object run
    cdef readonly object root
    cdef readonly long long thread
    cdef readonly long long stamp
    cdef readonly int fresh
    cdef readonly unsigned long ident
    cdef ld_copy *copy

    @cython.locals(chain=Chain)
    cpdef list held(self)
    cdef list origins(self)


cdef int MOST_HELD
