# C types of _thread_state.py, read only when it is compiled.
cimport cython
from cpython.object cimport PyObject

from lockdep.fastpath._chain cimport Chain, Entry, _unrooted
from lockdep.fastpath._link cimport Link, _link, new_serial
from lockdep.fastpath._modes cimport NEST, PINNED, ROOM
from lockdep.fastpath._sighting cimport MOST_HELD, Sighting, ld_make_copy, ld_taken_at

cdef extern from *:
    void *PyThreadState_Get() nogil

cdef extern from "lockdep/fastpath/_atomics.h":
    void ld_fence() nogil

cdef extern from "lockdep/fastpath/_frames.h":
    int ld_offset(void *place, object code)

cdef extern from "lockdep/fastpath/_origins.h":
    ctypedef struct ld_origin:
        void *place
        PyObject *code
    ld_origin *ld_origins(ld_origin *old, size_t had, size_t n) except? NULL
    void ld_leave_origin(ld_origin *origin)
    void ld_remove_held(long long *serials, ld_origin *origins, int at, int depth)
    void ld_close_gaps(long long *serials, ld_origin *origins, int depth)
    object ld_kept_steps(ld_origin *origin)

cdef extern from "lockdep/fastpath/_counts.h":
    ctypedef struct ld_counts:
        unsigned size
    void ld_forget_counts(ld_counts *counts) nogil
    list ld_counted(ld_counts *counts)

cdef extern from "lockdep/fastpath/_threads.h":
    unsigned long ld_ident(void *tstate) nogil
    long long *ld_serials(long long *old, size_t n) except? NULL
    int ld_stop_collector()
    void ld_start_collector(int was_on)


@cython.final
@cython.no_gc
cdef class ThreadState:
    cdef readonly long long serial
    cdef public long long run
    cdef public long long running
    cdef public Chain chain
    cdef public Chain root
    cdef long long *serials
    cdef ld_origin *origins
    cdef readonly list sightings
    cdef public bint waits_calm
    cdef ld_counts counts
    cdef int capacity
    cdef readonly int gaps
    cdef int lowest
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
    cpdef list counted(self)
    cpdef mark(self)
    cpdef let_in(self)
    cdef bint room(self, int depth) except -1
    @cython.locals(seen=Sighting)
    cpdef Sighting see(self, Chain chain, Chain base, long long serial, int limit)
    cdef Chain learn(self, Chain base, Chain child, Entry entry, long long serial)
    @cython.locals(seen=Sighting)
    cdef note(self, Chain chain, Chain base, long long serial, bint again)
    cdef judge_now(self)
    cpdef calm(self)
    cdef forget_sightings(self)
    cdef pop(self)
    cdef drop(self, int at)
    cdef leave_gap(self, int at)
    @cython.locals(chain=Chain)
    cdef close_gaps(self)
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
