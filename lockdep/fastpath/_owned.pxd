# C types of _owned.py, read only when it is compiled.
cimport cython

from lockdep.fastpath._chain cimport Chain
from lockdep.fastpath._link cimport Link, _link
from lockdep.fastpath._lock cimport ExclusiveLock
from lockdep.fastpath._modes cimport BLOCKING
from lockdep.fastpath._parking cimport mode_of, timeout_of
from lockdep.fastpath._thread_state cimport ThreadState
from lockdep.fastpath._threads cimport current


cdef extern from "lockdep/fastpath/_atomics.h":
    int LD_FREE_THREADED
    void ld_relax(int *word)
    void ld_yield()


@cython.no_gc
cdef class OwnedLock(ExclusiveLock):
    cdef check_owner(self, ThreadState state)
    cdef bint spin(self, double timeout, long long serial) except -1


@cython.no_gc
cdef class RecursiveLock(ExclusiveLock):
    @cython.final
    cdef bint enter(self, int mode, double timeout) except -1
    @cython.final
    cdef bint enter_blocking(self) except -1
    @cython.final
    @cython.locals(chain=Chain)
    cdef regain(self, ThreadState state)


cdef int SPINS
cdef bint ARGUMENTS_DEPRECATED
cdef object FOREVER, _allocate_rlock
cdef ignore_arguments()
cdef int breathe() except -1
