# C types of _tally.py, read only when it is compiled.
cimport cython

from lockdep.fastpath._link cimport Link, _link, _timing, add, shared

cdef extern from "lockdep/fastpath/_atomics.h":
    void ld_immortal(object op)
    long long ld_next(long long *counter) nogil

cdef extern from "lockdep/fastpath/_histogram.h":
    ctypedef struct ld_histogram:
        long long count
    void ld_note_time(ld_histogram *times, long long ns) nogil
    void ld_clear_times(ld_histogram *times) nogil
    object ld_times_of(ld_histogram *times)

cdef extern from "lockdep/fastpath/_clock.h":
    ctypedef struct ld_timer:
        unsigned long long scale
    void ld_calibrate(ld_timer *clock) nogil
    long long LD_STAMP(ld_timer clock) nogil
    long long LD_NS(ld_timer clock, long long stamp) nogil

cdef extern from "lockdep/fastpath/_counts.h":
    ctypedef struct ld_past:
        pass
    list ld_past_counted(ld_past *past)


@cython.final
@cython.no_gc
cdef class Tally:
    cdef readonly object lock_class
    cdef readonly bint read
    cdef readonly int number
    cdef public shared contended
    cdef public shared contended_bounces
    cdef public shared timeouts
    cdef ld_histogram wait
    cdef ld_histogram hold

    cpdef clear(self)
    cpdef int note_contended(self) except -1
    cpdef int note_bounced(self) except -1
    cpdef int note_timeout(self) except -1
    cdef int note_wait(self, long long ns) except -1
    cpdef int note_hold(self, long long ns) except -1


cdef dict _tallies, _thread_names
cdef object _trace
cdef long long _numbers
cdef ld_past _past
cdef ld_timer _clock

cdef long long new_number()
cdef int start_clock() except -1
cdef long long now_ns() noexcept
cdef int note_name(object state) except -1
cdef int note_event(int waited, object state, int number, long long began, long long ended) except -1
@cython.locals(ended=cython.longlong)
cdef int note_wait(object state, Tally tally, long long began) except -1
@cython.locals(ended=cython.longlong)
cdef int note_hold(object state, Tally tally, long long began) except -1
cdef Tally find_tally(lock_class, read)
cpdef list tallies()
