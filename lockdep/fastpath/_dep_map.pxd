# C types of _dep_map.py, read only when it is compiled.
cimport cython

from lockdep.fastpath._chain cimport Chain, _nowhere
from lockdep.fastpath._link cimport Link, _link, _timing, new_serial
from lockdep.fastpath._modes cimport BLOCKING, SYNC, TIMED
from lockdep.fastpath._tally cimport Tally, note_hold, note_name, note_wait, now_ns
from lockdep.fastpath._thread_state cimport ThreadState
from lockdep.fastpath._threads cimport _crossed, current, current_or_nobody, tell_holder
from lockdep.fastpath._tracked cimport Tracked


@cython.no_gc
cdef class DepMap(Tracked):
    @cython.final
    cdef Chain ask(self, int mode=*, object nest=*, object subclass=*)
    @cython.final
    cdef have(self, Chain ticket, int mode=*)
    @cython.final
    cdef bint let_go(self) except -1
    @cython.final
    cdef note_waited(self, ThreadState state, Tally tally, long long last)
    @cython.final
    cdef note_times(self, ThreadState state, Tally tally, long long last)
    @cython.final
    cdef take_off(self, ThreadState state, int at)
    @cython.final
    cdef note_held(self, ThreadState state, int at)


cdef dict _hold_starts, _wait_starts
