# C types of _graph_lock.py, read only when it is compiled.
cimport cython

from lockdep.fastpath._link cimport shared

cdef extern from *:  # Python.h includes pythread.h
    ctypedef void *PyThread_type_lock
    unsigned long PyThread_get_thread_ident() nogil
    PyThread_type_lock PyThread_allocate_lock() nogil
    bint PyThread_acquire_lock_timed(PyThread_type_lock lock, long long microseconds, int interruptible) nogil
    void PyThread_release_lock(PyThread_type_lock lock) nogil
    void PyThread_free_lock(PyThread_type_lock lock) nogil

cdef double FORK_SECONDS


cdef class GraphLock:
    cdef shared holder
    cdef int forks
    cdef bint forking
    cdef readonly bint intact
    cdef PyThread_type_lock raw

    @cython.final
    cdef int new_raw(self) noexcept
    @cython.final
    @cython.locals(got=bint)
    cdef bint wait(self, double seconds) except -1
    @cython.final
    cdef bint is_mine(self) noexcept
    cpdef bint take(self, double seconds) except -1
    cpdef drop(self)
    cpdef bint locked(self)
    cpdef before_fork(self)
    cpdef after_fork(self)
    cpdef renew(self)
