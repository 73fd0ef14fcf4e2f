# C types of _thread_state.py, read only when it is compiled.
cimport cython

from lockdep.fastpath._chain cimport Chain, Entry, _unrooted
from lockdep.fastpath._link cimport Link, _link, new_serial
from lockdep.fastpath._modes cimport NEST, PINNED, ROOM
from lockdep.fastpath._site cimport outer_place

cdef extern from *:
    void *PyThreadState_Get() nogil

cdef extern from "lockdep/fastpath/_atomics.h":
    void ld_fence() nogil

cdef extern from "lockdep/fastpath/_frames.h":
    int ld_offset(void *place, object code)

cdef extern from "lockdep/fastpath/_counts.h":
    void ld_forget_counts(long long *counts) nogil

cdef extern from "lockdep/fastpath/_threads.h":
    unsigned long ld_ident(void *tstate) nogil
    long long *ld_serials(long long *old, size_t n) except? NULL
    void **ld_places(void **old, size_t n) except? NULL
    void ld_drop(long long *serials, void **places, int at, int depth) nogil


@cython.final
@cython.no_gc
cdef class ThreadState:
    cdef readonly long long serial
    cdef public long long run
    cdef public long long running
    cdef public Chain chain
    cdef public Chain root
    cdef long long *serials
    cdef void **places
    cdef long long *counts
    cdef int numbers
    cdef int capacity
    cdef void *tstate
    cdef public int dirty
    cdef public int busy
    cdef public bint pending
    cdef public int off
    cdef ThreadState next
    cdef object anchor
    cdef public dict took
    cdef public object record
    cdef public list revoked
    cdef readonly object context
    cdef readonly object context_key
    cdef readonly int context_mode
    cdef readonly dict pins
    cdef dict nests
    cdef readonly unsigned long ident

    cdef clear(self)
    cdef begin(self)
    cpdef long long counted(self, int number)
    cpdef mark(self)
    cpdef let_in(self)
    cdef bint room(self, int depth) except -1
    cdef void *outer_place(self) except? NULL
    cdef drop(self, int at)
    cdef check_nests(self, list chains, int at)
    cpdef take_messages(self)
    cpdef revoke(self, long long serial)
    cdef switch_run(self, long long serial)
    cpdef Chain walk(self, Chain chain, list steps)
    cpdef retake(self, int at, Entry entry)
    cpdef pin(self, int at, long long serial, object total)
    cpdef list held_along(self, Chain chain)
    cdef list chains_along(self, Chain chain)
    cpdef bint settle(self) except -1
    cpdef list chains(self)
    cpdef int find(self, long long serial) except -1


cdef object _get_ident
cdef int fence() except -1
