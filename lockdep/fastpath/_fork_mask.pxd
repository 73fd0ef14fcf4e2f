# C types of _fork_mask.py, read only when it is compiled.
cimport cython

cdef extern from "lockdep/fastpath/_fork_mask.h":
    void ld_hold(unsigned long long numbers) nogil
    void ld_let() nogil

cdef object _set_mask


@cython.final
cdef class ForkMask:
    cdef public unsigned long long numbers

    cpdef hold(self)
    cpdef let(self)
