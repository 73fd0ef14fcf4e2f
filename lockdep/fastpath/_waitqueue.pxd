# C types of _waitqueue.py, and the few lines of C that Python has no word for. Read when the module is compiled, never otherwise.
cimport cython

from lockdep.fastpath._lock cimport Chain, DepMap

cdef extern from *:
    """
    #include "pythread.h"

    /* The guard of a queue. It covers no Python call. The GIL is guard enough where there is one; without it a thread that does not
       get the guard at once detaches while it waits, so that it never keeps the collector from stopping the world. */
    #ifdef Py_GIL_DISABLED
    static void wq_enter(int *guard) {
        int tries = 0, unlocked = 0;
        while (!__atomic_compare_exchange_n(guard, &unlocked, 1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
            unlocked = 0;
            if (++tries % 64 == 0) { Py_BEGIN_ALLOW_THREADS Py_END_ALLOW_THREADS }
        }
    }
    static inline void wq_leave(int *guard) { __atomic_store_n(guard, 0, __ATOMIC_RELEASE); }
    #else
    #define wq_enter(guard) ((void)(guard))
    #define wq_leave(guard) ((void)(guard))
    #endif

    /* Sleep on a lock that is taken. 0: the time is up, 1: woken, 2: a signal handler of C has run. */
    static int wq_sleep(void *lock, double seconds) {
        PyLockStatus status;
        PY_TIMEOUT_T microseconds = -1;
        if (seconds >= 0) microseconds = seconds < 1e12 ? (PY_TIMEOUT_T)(seconds * 1e6 + 0.999) : (PY_TIMEOUT_T)1e18;
        if (microseconds > PY_TIMEOUT_MAX) microseconds = PY_TIMEOUT_MAX;
        Py_BEGIN_ALLOW_THREADS
        status = PyThread_acquire_lock_timed((PyThread_type_lock)lock, microseconds, 1);
        Py_END_ALLOW_THREADS
        return status == PY_LOCK_ACQUIRED ? 1 : status == PY_LOCK_INTR ? 2 : 0;
    }
    static void *wq_sleeper(void) {
        PyThread_type_lock lock = PyThread_allocate_lock();
        if (lock == NULL) { PyErr_NoMemory(); return NULL; }
        PyThread_acquire_lock(lock, NOWAIT_LOCK);
        return (void *)lock;
    }
    static void wq_wake(void *lock) { PyThread_release_lock((PyThread_type_lock)lock); }
    static void wq_dispose(void *lock) {
        if (lock == NULL) return;
        PyThread_acquire_lock((PyThread_type_lock)lock, NOWAIT_LOCK);       /* some systems free a taken lock only */
        PyThread_release_lock((PyThread_type_lock)lock);
        PyThread_free_lock((PyThread_type_lock)lock);
    }
    """
    void wq_enter(int *guard)
    void wq_leave(int *guard)
    int wq_sleep(void *lock, double seconds)
    void *wq_sleeper() except NULL
    void wq_wake(void *lock)
    void wq_dispose(void *lock)
    long long PyThread_get_thread_ident()
    int PyErr_CheckSignals() except -1

cdef int TRY, TIMED, HAD, MORE, UNBALANCED, ACCEPT, EXPIRE, ABANDON
cdef long long LIMIT, _generation
cdef object FOREVER, PATIENCE, monotonic, sleep, deque, thread_state, _get_ident, _allocate_lock


@cython.final
@cython.no_gc
cdef class Waiter:
    cdef long long thread
    cdef long long units
    cdef long long forks
    cdef Waiter before, after, outer
    cdef bint queued
    cdef bint granted
    cdef void *lock


cdef class WaitQueue:
    cdef object __weakref__
    cdef readonly long long total
    cdef long long sure
    cdef long long free_units
    cdef readonly long long owner
    cdef readonly int waiting
    cdef readonly long long contended
    cdef readonly int spins
    cdef int guard
    cdef Waiter first, last
    cdef long long forks
    cdef dict waits

    @cython.locals(outer=Waiter, after=Waiter, me=cython.longlong, taken=cython.bint)
    cdef bint take_units(self, long long units, bint barge=*, Waiter waiter=*) except -1
    @cython.locals(first=Waiter, woken=Waiter, result=cython.int)
    cdef int put_units(self, long long units, DepMap dep_map=*, Waiter leaver=*, int how=*) except -1
    @cython.locals(waiter=Waiter, me=cython.longlong)
    cdef bint wait_units(self, long long units, object timeout=*, bint signals=*, bint barge=*) except -1
    @cython.locals(status=cython.int)
    cdef int sleep(self, Waiter waiter, object deadline, bint signals) except -1


cdef class ValidatedQueue(WaitQueue):
    cdef readonly DepMap dep_map
    cdef readonly long long portion

    cdef bint get(self, Chain ticket, long long units, object timeout, bint signals, bint barge) except -1
    @cython.locals(ticket=Chain)
    cdef bint take_held(self, long long units, int mode=*, object timeout=*, bint signals=*, bint barge=*, object nest=*, int subclass=*) except -1
    @cython.locals(me=cython.longlong, result=cython.int)
    cdef bint give_held(self, long long units) except -1


@cython.final
cdef class Side:
    cdef readonly ValidatedQueue queue
    cdef readonly long long units
    cdef readonly int mode
    cdef readonly bint barge


cdef class UnitPool(ValidatedQueue):
    cdef readonly bint event
    cdef readonly bint single
    cdef readonly object holders

    cdef bint hold(self, object me, Chain ticket, long long units, int mode, object timeout, bint signals, bint barge) except -1
