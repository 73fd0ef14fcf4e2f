# C types of _link.py, read only when it is compiled.
cimport cython
from cpython.object cimport PyObject

cdef extern from "lockdep/fastpath/_atomics.h":  # fields that several threads use at once
    ctypedef long long shared "ld_shared"
    ctypedef int shared_int "ld_shared_int"
    ctypedef bint shared_bint "ld_shared_int"
    void put "LD_PUT"(shared field, long long value) nogil
    void add "LD_ADD"(shared field, long long change) nogil
    PyObject *ld_get(PyObject **field)
    void ld_set_once(PyObject **field, object value)
    long long ld_next(long long *counter) nogil
    void ld_fence() nogil
    object ld_find_in(dict table, object key)


@cython.final
cdef class Link:
    cdef object root, hooks, locate, ours, interrupts, patience
    cdef dict asleep
    cdef public shared room, lost
    cdef shared max_instances, stubs, crowd
    cdef shared_int stack_depth
    cdef shared_bint prompt
    cdef long long fork_count, forked, forker
    cdef dict parents
    cdef object kept
    cdef set renewed
    cdef public shared exposed
    cdef public shared_bint partly
    cdef public tuple drop_scene


cdef Link _link
cdef long long _counter
cdef int _timing[1]

cdef int fence() except -1
cdef int note_lost() except -1
cdef object find_in(dict table, object key)
cpdef long long new_serial()
