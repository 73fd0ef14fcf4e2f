# C types of _link.py, read only when it is compiled.
cimport cython

cdef extern from "lockdep/fastpath/_atomics.h":
    long long ld_next(long long *counter) nogil


@cython.final
cdef class Link:
    cdef object root, hooks, locate, ours, interrupts, patience
    cdef dict asleep
    cdef public Py_ssize_t room, lost
    cdef Py_ssize_t max_instances, stubs, crowd
    cdef int stack_depth
    cdef bint prompt
    cdef long long fork_count


cdef Link _link
cdef long long _counter
cdef int _timing[1]

cpdef long long new_serial()
