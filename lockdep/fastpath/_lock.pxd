# C types of _lock.py, read only when it is compiled.
cimport cython
from cpython.object cimport PyObject

from lockdep.fastpath._chain cimport Chain, Entry
from lockdep.fastpath._dep_map cimport DepMap, _hold_starts
from lockdep.fastpath._link cimport Link, _link, _timing
from lockdep.fastpath._modes cimport BLOCKING, TIMED, TRY
from lockdep.fastpath._parking cimport HandoffQueue, _generation, ld_guard, ld_unguard
from lockdep.fastpath._site cimport outer_frame
from lockdep.fastpath._tally cimport Tally, _clock, ld_histogram, ld_timer, note_hold, note_wait, now_ns, start_clock
from lockdep.fastpath._thread_state cimport ThreadState, ld_counts, ld_origin
from lockdep.fastpath._threads cimport _crossed, current, find_thread, follow, tell_holder

cdef extern from "lockdep/fastpath/_atomics.h":
    int ld_take(int *word) nogil
    int ld_free(int *word) nogil
    int ld_count(int *count) nogil
    int LD_HELD, LD_FREE_THREADED

cdef extern from "lockdep/fastpath/_origins.h":
    void ld_note_origin(ld_origin *origin, void *tstate)
    void ld_leave_origin(ld_origin *origin)

cdef extern from "lockdep/fastpath/_counts.h":
    void ld_count_up(ld_counts *counts, unsigned number) noexcept

cdef extern from "lockdep/fastpath/_clock.h":
    long long stamp "LD_STAMP"(ld_timer clock) nogil
    long long span "LD_SPAN"(ld_timer clock, long long begin, long long end) nogil
    long long ns_of "LD_NS"(ld_timer clock, long long stamp) nogil

cdef extern from "lockdep/fastpath/_histogram.h":
    void note_time "LD_NOTE_TIME"(ld_histogram times, long long ns) nogil

cdef extern from "lockdep/fastpath/_threads.h":
    PyObject *ld_here
    void ld_follow(PyObject *state) noexcept


@cython.no_gc
cdef class ExclusiveLock(DepMap):
    cdef readonly long long count
    cdef int word
    cdef int guard
    cdef object raw
    cdef object tries
    cdef HandoffQueue queue

    @cython.final
    cdef equip(self, raw)
    @cython.final
    cdef bint try_fast(self) except -1
    @cython.final
    cdef bint take_along(self, ThreadState state, Chain child) except -1
    @cython.final
    cdef bint lock_slow(self, ThreadState state, int mode, object timeout) except -1
    @cython.final
    cdef bint take_in_run(self, ThreadState state, Chain child) except -1
    @cython.final
    cdef bint lock_entry(self, ThreadState state, int mode, object timeout, Entry entry) except -1
    @cython.final
    cdef bint lock_again(self, ThreadState state, int mode, object timeout, Entry entry) except -1
    @cython.final
    cdef bint lock_real(self, ThreadState state, int mode, object timeout, Entry entry, Chain child) except -1
    @cython.final
    cdef bint wait_judging(self, ThreadState state, object timeout) except -1
    @cython.final
    cdef Chain step_again(self, ThreadState state, Entry entry)
    @cython.final
    cdef bint own(self, long long serial) except -1
    @cython.final
    cdef bint take(self, long long serial) except -1
    cdef check_owner(self, ThreadState state)
    cdef bint spin(self, object timeout, long long serial) except -1
    @cython.final
    @cython.locals(began=cython.longlong)
    cdef bint wait_counted(self, ThreadState state, object timeout, Entry entry) except -1
    @cython.final
    @cython.locals(chain=Chain, tally=Tally)
    cdef int note_release(self, ThreadState state) except -1
    @cython.final
    cdef bint wait(self, object timeout, long long serial) except -1
    @cython.final
    cdef bint free_for_waiter(self) except -1
    @cython.final
    @cython.locals(queue=HandoffQueue)
    cdef bint park(self, object timeout, long long serial) except -1
    @cython.final
    cdef bint park_foreign(self, object timeout, long long serial) except -1
    @cython.final
    cdef HandoffQueue waiting_room(self)
    @cython.final
    cdef int free(self) except -1
    @cython.final
    cdef int unlock_here(self) except -1
    @cython.final
    cdef int unlock_once(self) except -1
    @cython.final
    cdef int unlock_nested(self, ThreadState state) except -1
    @cython.final
    cdef int unlock_real(self, ThreadState state) except -1
    @cython.final
    cdef unbook(self, ThreadState state)


cdef int FOREIGN
cdef object FOREVER, UNTIL_SIGNAL, BRIEFLY, _allocate_lock

cdef object index

cdef int mode_of(object blocking, object timeout) except -1
