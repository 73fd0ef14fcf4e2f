# C types of _parking.py, read only when it is compiled.
cimport cython

cdef extern from *:
    int PyErr_CheckSignals() except -1

cdef extern from "lockdep/fastpath/_parking.h":
    int ld_generation
    void ld_watch_forks() nogil
    void ld_guard(int *guard, int generation) nogil
    void ld_unguard(int *guard) nogil
    int ld_sleep(void *bed, double seconds)
    void *ld_bed() except NULL
    void ld_wake(void *bed)
    void ld_dispose(void *bed)

cdef int *_generation
cdef object _allocate_lock, EINTR


@cython.final
@cython.no_gc
cdef class Waiter:
    cdef long long thread
    cdef long long units
    cdef long long forks
    cdef Waiter before, after, outer
    cdef bint queued
    cdef bint granted
    cdef void *park

    cpdef bint sleep(self, double left, bint until_signal) except -1
    cpdef wake(self)


@cython.final
@cython.no_gc
cdef class HandoffQueue:
    cdef Waiter first
    cdef Waiter heir
    cdef bint hungry
    cdef int guard
    cdef long long forks

    cdef clear(self)
    @cython.locals(last=Waiter)
    cdef bint enqueue(self, Waiter waiter, bint front) except -1
    @cython.locals(other=Waiter)
    cdef bint dequeue(self, Waiter waiter) except -1
    cdef bint accept(self, Waiter waiter) except -1
    @cython.locals(waiter=Waiter)
    cdef bint wake(self, bint hand) except -1
