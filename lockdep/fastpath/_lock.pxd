# C types of _lock.py, read only when it is compiled.
cimport cython
from cpython.object cimport PyObject

from lockdep.fastpath._chain cimport Chain, Entry, _untracked
from lockdep.fastpath._dep_map cimport DepMap, _hold_starts
from lockdep.fastpath._link cimport Link, _link, _timing, ld_get, ld_set_once, put
from lockdep.fastpath._modes cimport BLOCKING, TIMED, TRY
from lockdep.fastpath._parking cimport HandoffQueue, mode_of, timeout_of
from lockdep.fastpath._site cimport outer_frame
from lockdep.fastpath._tally cimport Tally, _clock, ld_histogram, ld_timer, note_hold, note_name, note_wait, now_ns, start_clock
from lockdep.fastpath._thread_state cimport ThreadState, ld_counts, ld_origin
from lockdep.fastpath._threads cimport current, current_or_nobody, find_thread, follow, note_made
from lockdep.fastpath._tracked cimport Tracked
from lockdep.fastpath._waits cimport Wait, waiters_of

cdef extern from "lockdep/fastpath/_atomics.h":
    int ld_take(int *word) nogil
    int ld_free(int *word) nogil
    int ld_count(int *count) nogil
    int LD_HELD, LD_FREE_THREADED
    int let_signals_in "LD_LET_SIGNALS_IN"() except -1
    PyObject *gate_of "LD_GATE"(Chain chain)
    PyObject *hint_of "LD_HINT"(Tracked lock)
    PyObject **queue_of "LD_QUEUE"(ExclusiveLock lock)

cdef extern from "lockdep/fastpath/_origins.h":
    bint ld_note_origin(ld_origin *origin, void *tstate)
    void ld_note_frame(ld_origin *origin, void *frame)
    void ld_leave_origin(ld_origin *origin)

cdef extern from "lockdep/fastpath/_foreign.h":
    object ld_release_foreign(object release)

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
    cdef object raw
    cdef object tries
    cdef object frees
    cdef HandoffQueue queue

    @cython.final
    cdef equip(self, raw)
    @cython.final
    cdef bint try_fast(self) except -1
    @cython.final
    cdef bint take_along(self, ThreadState state, Chain child) except -1
    @cython.final
    cdef bint lock_slow(self, ThreadState state, int mode, double timeout) except -1
    @cython.final
    cdef bint take_in_run(self, ThreadState state, Chain child) except -1
    @cython.final
    cdef bint lock_entry(self, ThreadState state, int mode, double timeout, Entry entry) except -1
    @cython.final
    cdef bint lock_again(self, ThreadState state, int mode, double timeout, Entry entry) except -1
    @cython.final
    cdef bint lock_real(self, ThreadState state, int mode, double timeout, Entry entry, Chain child) except -1
    @cython.final
    cdef undo(self, ThreadState state, Chain child)
    @cython.final
    cdef bint wait_judging(self, ThreadState state, double timeout) except -1
    @cython.final
    cdef Chain step_again(self, ThreadState state, Entry entry)
    @cython.final
    cdef bint own(self, long long serial) except -1
    @cython.final
    cdef bint take(self, long long serial) except -1
    cdef check_owner(self, ThreadState state)
    cdef bint spin(self, double timeout, long long serial) except -1
    @cython.final
    @cython.locals(began=cython.longlong)
    cdef bint wait_counted(self, ThreadState state, double timeout, Entry entry) except -1
    @cython.final
    cdef int note_release(self, ThreadState state, Tally tally, long long began) except -1
    @cython.final
    @cython.locals(wait=Wait)
    cdef bint wait(self, double timeout, long long serial) except -1
    @cython.final
    cdef bint free_for_waiter(self) except -1
    @cython.final
    cdef bint park(self, long long serial, double seconds, bint signals, bint again) except -1
    @cython.final
    cdef HandoffQueue waiting_room(self)
    @cython.final
    cdef bint has_waiters(self) except -1
    @cython.final
    cdef int free(self) except -1
    @cython.final
    cdef int unlock_here(self) except -1
    @cython.final
    cdef int unlock_once(self) except -1
    @cython.final
    cdef int unlock_nested(self, ThreadState state) except -1
    @cython.final
    @cython.locals(began=cython.longlong, chain=Chain, innermost=cython.bint)
    cdef int unlock_real(self, ThreadState state) except -1
    @cython.final
    @cython.locals(owner=cython.longlong)
    cdef unlock_other(self, ThreadState state)


cdef int FOREIGN
cdef object FOREVER
cdef double UNTIL_SIGNAL, BRIEFLY
