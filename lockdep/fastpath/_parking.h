/* Parking: how a thread sleeps until another one wakes it, and the guard of a queue of such threads. */
#ifndef LOCKDEP_PARKING_H
#define LOCKDEP_PARKING_H
#include "pythread.h"
#include "lockdep/fastpath/_atomics.h"

/* A thread sleeps on a lock of CPython that is taken: to wake the thread is to release that lock. */
static inline void *ld_bed(void) {
    PyThread_type_lock bed = PyThread_allocate_lock();
    if (bed == NULL) { PyErr_NoMemory(); return NULL; }
    PyThread_acquire_lock(bed, NOWAIT_LOCK);
    return (void *)bed;
}
/* Return 0 when the time is up (seconds < 0: never), 1 when woken, 2 when a signal came in. */
static inline int ld_sleep(void *bed, double seconds) {
    PyLockStatus status;
    PY_TIMEOUT_T microseconds = -1;
    if (seconds >= 0) microseconds = seconds * 1e6 < (double)PY_TIMEOUT_MAX ? (PY_TIMEOUT_T)(seconds * 1e6 + 0.999) : PY_TIMEOUT_MAX;
    Py_BEGIN_ALLOW_THREADS
    status = PyThread_acquire_lock_timed((PyThread_type_lock)bed, microseconds, 1);
    Py_END_ALLOW_THREADS
    return status == PY_LOCK_ACQUIRED ? 1 : status == PY_LOCK_INTR ? 2 : 0;
}
static inline void ld_wake(void *bed) { PyThread_release_lock((PyThread_type_lock)bed); }
static inline void ld_dispose(void *bed) {
    if (bed == NULL) return;
    PyThread_acquire_lock((PyThread_type_lock)bed, NOWAIT_LOCK);      /* some systems free only a lock that is taken */
    PyThread_release_lock((PyThread_type_lock)bed);
    PyThread_free_lock((PyThread_type_lock)bed);
}

#ifdef LD_IN_PARKING
/* The generation of this process: 1 in the first one, one more after each fork. */
static int ld_generation = 1;
#ifdef _WIN32
#define ld_watch_forks() ((void)0)
#else
#include <pthread.h>
static void ld_child(void) { ld_generation++; }
static void ld_watch_forks(void) { pthread_atfork(NULL, NULL, ld_child); }
#endif
#endif

/* The guard of a queue protects a few instructions without any Python call. The GIL is guard enough where there is one.

   Without it the guard holds the generation of the process that took it: after a fork it may be held by a thread that does
   not exist in the child, and a guard of an older generation may be stolen. A thread that does not get the guard soon
   detaches for a moment, so that it never keeps the collector from stopping the world. */
#ifdef Py_GIL_DISABLED
static inline void ld_guard(int *guard, int generation) {
    for (int tries = 1;; tries++) {
        int seen = 0;
        if (__atomic_compare_exchange_n(guard, &seen, generation, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) return;
        if (seen != 0 && seen != generation
            && __atomic_compare_exchange_n(guard, &seen, generation, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) return;
        if (tries % 64 == 0) { Py_BEGIN_ALLOW_THREADS Py_END_ALLOW_THREADS }
        else { LD_PAUSE(); }
    }
}
static inline void ld_unguard(int *guard) { __atomic_store_n(guard, 0, __ATOMIC_SEQ_CST); }
#else
#define ld_guard(guard, generation) ((void)(guard), (void)(generation))
#define ld_unguard(guard) ((void)(guard))
#endif
#endif
