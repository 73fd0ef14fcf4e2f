# C types of _dep_map.py, read only when it is compiled.
cimport cython
from cpython.object cimport PyObject

from lockdep.fastpath._chain cimport Chain, Entry, _nowhere, _untracked
from lockdep.fastpath._link cimport Link, _counter, _link, _timing, ld_next, new_serial
from lockdep.fastpath._modes cimport BLOCKING, NEST, SYNC, TIMED, UNUSUAL
from lockdep.fastpath._site cimport _cache, creation_entry, ld_known_entry, outer_frame
from lockdep.fastpath._tally cimport Tally, _clock, ld_timer, note_hold, note_wait, now_ns
from lockdep.fastpath._thread_state cimport ThreadState, ld_counts, ld_origin
from lockdep.fastpath._threads cimport _crossed, current, tell_holder, threads

cdef extern from *:
    void *PyThreadState_Get() nogil

cdef extern from "lockdep/fastpath/_atomics.h":
    void ld_add(int *count, int change) nogil

cdef extern from "lockdep/fastpath/_origins.h":
    void ld_note_frame(ld_origin *origin, void *frame)

cdef extern from "lockdep/fastpath/_clock.h":
    long long stamp "LD_STAMP"(ld_timer clock) nogil

cdef extern from "lockdep/fastpath/_counts.h":
    void ld_count_up(ld_counts *counts, unsigned number) noexcept


@cython.no_gc
cdef class DepMap:
    cdef object __weakref__
    cdef readonly long long serial
    cdef public long long owner
    cdef public long long run
    cdef readonly long long acquisitions
    cdef public Chain hint
    cdef public Entry entry
    cdef Entry other
    cdef public long long peer
    cdef readonly long long last
    cdef long long since
    cdef public bint crossed
    cdef public bint witnessed
    cdef readonly int holds
    cdef int unseen

    @cython.final
    cdef enroll(self, kind, name, key)
    @cython.final
    cdef Chain ask(self, int mode=*, object nest=*, object subclass=*)
    @cython.final
    cdef have(self, Chain ticket, int mode=*)
    @cython.final
    cdef bint let_go(self) except -1
    @cython.final
    cdef bint is_tracked(self, ThreadState state) except -1
    @cython.final
    cdef Entry entry_for(self, ThreadState state, int mode)
    @cython.final
    @cython.locals(outer=DepMap)
    cdef Entry entry_as(self, ThreadState state, int mode, object nest, object subclass)
    @cython.final
    cdef count_hold(self, int change)
    @cython.final
    cdef check_pin(self, ThreadState state, int at)
    @cython.final
    @cython.locals(state=ThreadState)
    cdef revoke_holders(self)
    @cython.final
    cdef book(self, ThreadState state, Chain child, void *frame)
    @cython.final
    @cython.locals(child=Chain, parent=Chain)
    cdef Chain step(self, ThreadState state, Entry entry)
    @cython.final
    cdef note_run(self, ThreadState state, Chain child)
    @cython.final
    cdef note_bounce(self, ThreadState state, Chain child)
    @cython.final
    cdef note_waited(self, ThreadState state, Tally tally)
    @cython.final
    cdef forget(self)


cdef dict _hold_starts, _wait_starts, _books, _dead
cdef object _freed
cdef int MOST_DEAD

cdef bury(long long serial)
