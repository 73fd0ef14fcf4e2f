# C types of _threads.py, read only when it is compiled.
cimport cython
from cpython.object cimport PyObject

from lockdep.fastpath._chain cimport Chain
from lockdep.fastpath._link cimport Link, _link, new_serial
from lockdep.fastpath._parking cimport _generation
from lockdep.fastpath._tally cimport _past, ld_past, tallies
from lockdep.fastpath._thread_state cimport ThreadState, ld_counts

cdef extern from "lockdep/fastpath/_atomics.h":
    void ld_immortal(object op)

cdef extern from "lockdep/fastpath/_parking.h":
    void ld_guard(int *guard, int generation) nogil
    void ld_unguard(int *guard) nogil

cdef extern from "lockdep/fastpath/_counts.h":
    void ld_fold_counts(ld_past *past, ld_counts *counts) nogil
    void ld_clear_past(ld_past *past) nogil

cdef extern from "lockdep/fastpath/_threads.h":
    ctypedef void (*ld_follower)(PyObject *state) noexcept
    PyObject *ld_here
    int LD_MAKE_AHEAD
    int ld_is_late()
    int ld_enter(void *tstate, object state, object anchor, ld_follower follower)
    int ld_leave(object state, ld_follower follower)


@cython.final
cdef class Anchor(dict):
    cdef ThreadState state


cdef dict _states, _by_serial
cdef list _ended, _connected
cdef ThreadState _spare, _nobody
cdef int _spare_guard
cdef set _crossed
cdef ld_follower _follower

cdef forget_interrupt(object callback)
cdef have_interrupts(tuple callbacks)
cpdef list threads()
cpdef ThreadState find_thread(long long serial)
cpdef Py_ssize_t thread_count()
cdef tell_holder(long long owner, long long serial)
@cython.locals(state=ThreadState)
cpdef list reap()
cpdef retire(ThreadState state)
cdef thin_out()
@cython.locals(spare=ThreadState, state=ThreadState, asleep=dict, serial=cython.longlong)
cpdef forked()
@cython.locals(anchor=Anchor)
cdef Anchor make_anchor(ThreadState state)
cdef ThreadState current()
cdef ThreadState current_or_nobody()
cdef ThreadState here_or_nobody()
@cython.locals(state=ThreadState)
cdef int note_made(long long serial) except -1
@cython.locals(state=ThreadState, kept=ThreadState, anchor=Anchor)
cdef ThreadState enter_thread()
cdef ThreadState spare_state()
cdef ThreadState take_spare()
cdef ThreadState late_state()
cdef int follow(ld_follower follower) except -1
