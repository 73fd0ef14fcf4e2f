# C types of _thread_state.py, read only when it is compiled.
cimport cython
from cpython.object cimport PyObject

from lockdep.fastpath._chain cimport Chain, Entry, _unrooted
from lockdep.fastpath._held cimport HeldLocks, ld_leave_origin, ld_origin
from lockdep.fastpath._link cimport Link, _link, fence, new_serial, note_lost, put, shared, shared_bint, shared_int
from lockdep.fastpath._modes cimport IMPORTING, IN_DROP, NEST, PINNED, ROOM
from lockdep.fastpath._sighting cimport MOST_HELD, Sighting, ld_make_copy, ld_taken_at

cdef extern from *:
    void *PyThreadState_Get() nogil

cdef extern from "lockdep/fastpath/_references.h":
    object ld_new_ref(PyObject **field)
    void ld_replace(PyObject **field, object value)

cdef extern from "lockdep/fastpath/_atomics.h":
    PyObject **record_of "LD_RECORD"(ThreadState state)

cdef extern from "lockdep/fastpath/_origins.h":
    void ld_remove_held(long long *serials, ld_origin *origins, int at, int depth)
    void ld_close_gaps(long long *serials, ld_origin *origins, int depth)

cdef extern from "lockdep/fastpath/_counts.h":
    ctypedef struct ld_counts:
        unsigned size
    void ld_forget_counts(ld_counts *counts) nogil
    list ld_counted(ld_counts *counts)

cdef extern from "lockdep/fastpath/_threads.h":
    unsigned long ld_ident(void *tstate) nogil
    int ld_stop_collector()
    void ld_start_collector(int was_on)
    int ld_stack_left(void *tstate) nogil


@cython.final
@cython.no_gc
cdef class ThreadState(HeldLocks):
    cdef readonly shared serial
    cdef public shared run
    cdef public shared running
    cdef public Chain root
    cdef readonly list sightings
    cdef public bint waits_calm
    cdef ld_counts counts
    cdef public shared_int dirty
    cdef public shared_int busy
    cdef public shared_bint pending
    cdef public int off
    cdef ThreadState next
    cdef object anchor
    cdef public dict took
    cdef readonly object record
    cdef public object settled
    cdef public object imports
    cdef readonly shared inside
    cdef public list revoked
    cdef readonly object context
    cdef readonly object context_key
    cdef readonly int context_mode
    cdef readonly bint prompt
    cdef public bint steady
    cdef public object outer
    cdef public long long drops
    cdef readonly long long begun
    cdef readonly tuple dropped
    cdef readonly dict pins
    cdef dict nests
    cdef dict made
    cdef set noted
    cdef readonly shared ident
    cdef public shared waited

    cdef clear(self)
    cdef begin(self)
    cpdef list counted(self)
    cpdef mark(self)
    cpdef be(self, object record)
    cpdef tuple situation(self)
    @cython.locals(outer=cython.longlong)
    cpdef interrupt(self, tuple scene, int bit, long long begun=*)
    @cython.locals(walked=bint, root=Chain)
    cpdef resume(self, tuple situation)
    cdef enter_drop(self)
    @cython.locals(run=cython.longlong, situation=tuple)
    cpdef end_drop(self)
    cpdef let_in(self)
    @cython.locals(seen=Sighting)
    cpdef Sighting see(self, Chain chain, Chain base, long long serial, int limit, bint evidence=*)
    cdef Chain learn(self, Chain base, Chain child, Entry entry, long long serial)
    @cython.locals(seen=Sighting)
    cdef note(self, Chain chain, Chain base, long long serial, bint again, int crossed, long long other=*)
    cdef make(self, long long serial)
    @cython.locals(made=int)
    cdef int made_at(self, long long serial, int depth) except -1
    cdef judge_now(self)
    cpdef calm(self)
    cdef bint is_new(self, Chain chain, long long serial) except -1
    @cython.locals(depth=int)
    cpdef list held_serials(self)
    cdef forget_sightings(self)
    cdef bint has_stack(self)
    cdef drop(self, int at)
    cdef remove(self, int at)
    cdef leave_gap(self, int at)
    @cython.locals(chain=Chain)
    cdef bint close_gaps(self) except -1
    cdef bint follow_root(self, Chain root) except -1
    @cython.locals(depth=int, serial=cython.longlong)
    cdef check_nests(self, list chains, int at)
    cpdef take_messages(self)
    cpdef revoke(self, long long serial)
    cpdef switch_run(self, long long serial)
    cpdef retake(self, int at, Entry entry)
    cpdef pin(self, int at, long long serial, object total)
    cpdef bint settle(self) except -1


cdef object _get_ident
