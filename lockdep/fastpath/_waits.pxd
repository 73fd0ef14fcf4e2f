# C types of _waits.py, read only when it is compiled.
cimport cython

from lockdep.fastpath._dep_map cimport DepMap
from lockdep.fastpath._link cimport Link, _link, fence, find_in, new_serial
from lockdep.fastpath._tally cimport now_ns
from lockdep.fastpath._thread_state cimport ThreadState
from lockdep.fastpath._threads cimport find_thread


@cython.final
@cython.no_gc
cdef class Wait:
    cdef readonly long long thread
    cdef object key
    cdef readonly long long number
    cdef readonly long long since
    cdef readonly int depth
    cdef readonly DepMap lock
    cdef readonly object aim
    cdef readonly Wait outer
    cdef readonly list circle
    cdef readonly bint timed
    cdef readonly bint barges
    cdef readonly long long units
    cdef public bint told
    cdef public double nap

    cpdef int publish(self) except -1
    cpdef int withdraw(self) except -1
    cpdef long long ender(self) except *
    @cython.locals(state=ThreadState)
    cpdef bint had(self, DepMap lock) except -1
    cpdef int look(self) except -1
    @cython.locals(wait=Wait, ender=cython.longlong, lock=DepMap)
    cpdef list find_circle(self)


cdef double NAP, LONGEST_NAP, NAP_IN_CIRCLE

cpdef list waits()
@cython.locals(wait=Wait)
cdef int waiters_of(DepMap lock) except -1
cpdef wait_of(long long serial)
