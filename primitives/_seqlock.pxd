# C types of _seqlock.py. Read when the module is compiled, never otherwise.
cimport cython
from cpython.object cimport PyObject

from lockdep.fastpath._chain cimport Chain
from lockdep.fastpath._dep_map cimport DepMap
from lockdep.fastpath._thread_state cimport ThreadState
from lockdep.fastpath._threads cimport current
cdef extern from "lockdep/fastpath/_atomics.h":
    PyObject *hint_of "LD_HINT"(Sequence sequence)
    void set_hint "LD_SET_HINT"(Sequence sequence, object chain)

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
    @cython.final
    cdef int move_on(self) except -1
    cpdef step(self)


cdef extern from *:
    long long PyThread_get_thread_ident()


cdef class Written(Sequence):
    cdef readonly object guard
    cdef readonly list writers

    cpdef write_begin(self, int subclass=*)
    @cython.locals(entered=bint)
    cdef int begin_write(self, int subclass) except -1
    @cython.final
    @cython.locals(me=cython.longlong, writer=cython.longlong, at=Py_ssize_t)
    cdef bint drop_writer(self) except -1
    cpdef write_end(self)


@cython.final
cdef class Writing:
    cdef Written sequence


cdef class LockedSequence(Written):
    cdef public object lock

    cpdef write_seqlock(self)
    @cython.final
    cdef int begin_locked(self) except -1
    cpdef write_sequnlock(self)


@cython.final
cdef class Reading:
    cdef Sequence sequence
    cdef long long start
