# C types of _tracked.py, read only when it is compiled.
cimport cython
from cpython.object cimport PyObject

from lockdep.fastpath._chain cimport Chain, Entry, _nowhere, _untracked
from lockdep.fastpath._deaths cimport _freed, _met, bury, note_owner
from lockdep.fastpath._imports cimport note_in_imports
from lockdep.fastpath._interrupts cimport is_collecting
from lockdep.fastpath._link cimport Link, _counter, _link, _timing, add, find_in, ld_next, new_serial, note_lost, put, shared, shared_bint, shared_int
from lockdep.fastpath._modes cimport (
    BY_MAIN, DROPPED, ENTERED, FORKED, IN_COLLECTION, IN_DROP, IN_SIGNAL, MOST_TOLD, NEST, READ_BY_MAIN,
    RECURSIVE_READ, TIMED, TOLD, UNUSUAL
)
from lockdep.fastpath._site cimport _cache, creation_entry, ld_first_argument, ld_known_entry, outer_frame
from lockdep.fastpath._tally cimport _clock, ld_timer
from lockdep.fastpath._thread_state cimport ThreadState, ld_counts, ld_origin
from lockdep.fastpath._threads cimport _crossed, current, note_made, tell_holder, threads

cdef extern from *:
    void *PyThreadState_Get() nogil

cdef extern from "lockdep/fastpath/_atomics.h":
    void ld_keep_whole(object type)
    bint is_first "LD_FIRST"(shared_int flag)
    void add_int "LD_ADD"(shared_int field, int change) nogil
    void set_bits "LD_OR"(shared_int field, int bits) nogil
    void keep_bits "LD_AND"(shared_int field, int bits) nogil
    void set_hint "LD_SET_HINT"(Tracked lock, object chain)
    PyObject *other_of "LD_OTHER"(Tracked lock)
    void set_other "LD_SET_OTHER"(Tracked lock, object entry)

cdef extern from "lockdep/fastpath/_origins.h":
    void ld_note_frame(ld_origin *origin, void *frame)

cdef extern from "lockdep/fastpath/_clock.h":
    long long stamp "LD_STAMP"(ld_timer clock) nogil

cdef extern from "lockdep/fastpath/_counts.h":
    void ld_count_up(ld_counts *counts, unsigned number) noexcept


@cython.no_gc
cdef class Tracked:
    cdef object __weakref__
    cdef readonly long long serial
    cdef public shared owner
    cdef public shared run
    cdef readonly shared acquisitions
    cdef public Chain hint
    cdef public Entry entry
    cdef Entry other
    cdef public shared peer
    cdef readonly shared last
    cdef shared earlier
    cdef long long since  # of one holder: the lock itself orders them, and with several nobody reads it
    cdef public shared_bint crossed
    cdef public shared_int witnessed
    cdef public shared_int marks
    cdef readonly shared_int holds
    cdef shared_int unseen

    @cython.final
    cdef enroll(self, kind, name, key)
    @cython.final
    cdef identify(self, kind, name, key)
    @cython.final
    cdef bint is_tracked(self, ThreadState state) except -1
    @cython.final
    @cython.locals(other=Entry)
    cdef Entry entry_for(self, ThreadState state, int mode)
    @cython.final
    @cython.locals(outer=Tracked)
    cdef Entry entry_as(self, ThreadState state, int mode, object nest, object subclass)
    @cython.final
    cdef count_hold(self, int change)
    @cython.final
    cdef int mark_with(self, int bits) except -1
    cdef int note_main(self, Chain child) except -1
    @cython.final
    cdef int unmark(self, int bits) except -1
    @cython.final
    cdef int lead_to(self, Chain chain) except -1
    @cython.final
    cdef check_pin(self, ThreadState state, int at)
    @cython.final
    @cython.locals(state=ThreadState, mine=cython.bint)
    cdef end_life(self)
    @cython.final
    @cython.locals(state=ThreadState)
    cdef revoke_holders(self)
    @cython.final
    cdef revoke_from(self, long long owner)
    @cython.final
    cdef book(self, ThreadState state, Chain child)
    @cython.final
    cdef Chain step(self, ThreadState state, Entry entry)
    @cython.final
    @cython.locals(child=Chain)
    cdef Chain seek(self, ThreadState state, Entry entry)
    @cython.final
    @cython.locals(child=Chain)
    cdef Chain find_step(self, ThreadState state, Chain parent, Entry entry)
    @cython.final
    cdef bint says_more(self, ThreadState state, Chain child) except -1
    @cython.final
    @cython.locals(entry=Entry)
    cdef note_taken(self, ThreadState state)
    @cython.final
    @cython.locals(known=bint, run=cython.longlong)
    cdef note_run(self, ThreadState state, Chain child)
    @cython.final
    @cython.locals(seen=int, off=bint)
    cdef bint cross(self, ThreadState state, Chain child) except -1
    @cython.final
    cdef note_bounce(self, ThreadState state, Chain child)
    @cython.final
    @cython.locals(other=cython.longlong)
    cdef inherit(self, ThreadState state, Chain child)
    @cython.final
    cdef renew(self)
    @cython.final
    cdef forget(self)
