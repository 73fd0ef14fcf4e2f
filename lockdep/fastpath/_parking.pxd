# C types of _parking.py, read only when it is compiled.
cimport cython

from lockdep.fastpath._modes cimport BLOCKING, TIMED, TRY

cdef extern from *:
    int PyErr_CheckSignals() except -1

cdef extern from "lockdep/fastpath/_parking.h":
    int ld_generation
    void ld_watch_forks() nogil
    void ld_guard(int *guard, int generation) nogil
    void ld_unguard(int *guard) nogil
    double LD_PATIENCE
    double ld_clock() nogil
    int LD_EXPIRED, LD_GRANTED, LD_SIGNALLED, LD_TAKEN
    void ld_call(void *bed, int *called, int *word) nogil
    int ld_wait(void *bed, int *called, int *granted, int *word, double deadline)
    int ld_sleep(void *bed, double seconds)
    void *ld_bed() except NULL
    void ld_wake(void *bed)
    void ld_dispose(void *bed)

cdef extern from "lockdep/fastpath/_atomics.h":
    int LD_HELD, LD_EAGER
    int ld_free(int *word) nogil
    int look_at "LD_LOAD"(int field) nogil
    void put_int "LD_STORE"(int field, int value) nogil
    void ld_offer(int *word) nogil

cdef int *_generation
cdef object _allocate_lock, EINTR, FOREVER, index
cdef double TIMEOUT_MAX

cdef int mode_of(object blocking, double timeout) except -1
@cython.locals(seconds=double)
cdef double timeout_of(object blocking, object timeout) except? -3


@cython.final
@cython.no_gc
cdef class Waiter:
    cdef long long thread
    cdef long long units
    cdef long long forks
    cdef Waiter before, after, outer
    cdef bint queued
    cdef int granted
    cdef int called
    cdef double since
    cdef void *park

    cpdef bint sleep(self, double left, bint until_signal) except -1
    cdef int interrupted(self, bint until_signal) except -1
    cdef int take(self, int *word, double deadline) except -1
    cpdef wake(self)


@cython.no_gc
cdef class Line:
    cdef Waiter first, last, next
    cdef readonly int waiting
    cdef int guard
    cdef long long forks

    @cython.final
    cdef int drop_strangers(self) except -1
    @cython.final
    cdef int count(self, int change) except -1
    @cython.final
    cdef int link(self, Waiter waiter, Waiter after) except -1
    @cython.final
    cdef int remove(self, Waiter waiter) except -1
    @cython.final
    @cython.locals(waiter=Waiter)
    cdef Waiter turn(self)


@cython.final
@cython.no_gc
cdef class HandoffQueue(Line):
    cdef clear(self)
    @cython.locals(deadline=double, waiter=Waiter, ended=int)
    cdef bint wait_for(self, int *word, long long thread, double seconds, bint signals, bint again) except -1
    cdef int enqueue(self, Waiter waiter, bint front) except -1
    @cython.locals(other=Waiter, handed=cython.bint)
    cdef bint leave(self, Waiter waiter, int *word) except -1
    @cython.locals(waiter=Waiter)
    cdef bint serve(self, int *word) except -1
    @cython.locals(waiter=Waiter)
    cdef int call(self, int *word) except -1
    @cython.locals(waiter=Waiter)
    cdef Waiter pick(self)
