/* Parking: how a thread sleeps until another one wakes it, and the guard of a queue of such threads. */
#ifndef LOCKDEP_PARKING_H
#define LOCKDEP_PARKING_H
#include <time.h>
#include "pythread.h"
#include "lockdep/fastpath/_atomics.h"

/* A thread sleeps on a lock of CPython that is taken: to wake the thread is to release that lock. */
static inline void *ld_bed(void) {
    PyThread_type_lock bed = PyThread_allocate_lock();
    if (bed == NULL) { PyErr_NoMemory(); return NULL; }
    PyThread_acquire_lock(bed, NOWAIT_LOCK);
    return (void *)bed;
}
static inline PY_TIMEOUT_T ld_microseconds(double seconds) {
    if (seconds <= 0) return 0;
    return seconds * 1e6 < (double)PY_TIMEOUT_MAX ? (PY_TIMEOUT_T)(seconds * 1e6 + 0.999) : PY_TIMEOUT_MAX;
}
/* Return 0 when the time is up (seconds < 0: never), 1 when woken, 2 when a signal came in. */
static inline int ld_sleep(void *bed, double seconds) {
    PyLockStatus status;
    PY_TIMEOUT_T microseconds = seconds < 0 ? -1 : ld_microseconds(seconds);
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


/* Seconds of the monotonic clock. Needs no GIL. */
static inline double ld_clock(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* LD_PATIENCE: seconds after which a waiter that sleeps is handed the word by the next release. PyMutex has the same
   millisecond. A semaphore hands nothing over, and its waiter seldom needs that: here it ends starvation only. */
#define LD_PATIENCE (LD_EAGER ? 0.004 : 0.001)

/* Wake the waiter unless that was done already and it has not looked at its word since. The caller has offered the word
   before; if the waiter is awake, leave it the word for a moment: as long as the system call of a semaphore takes. */
static inline void ld_call(void *bed, int *called, int *word) {
    if (!__atomic_load_n(called, __ATOMIC_SEQ_CST) && !__atomic_exchange_n(called, 1, __ATOMIC_SEQ_CST)) {
        ld_wake(bed);
        return;
    }
#if LD_EAGER
    for (int looks = 8; looks-- && __atomic_load_n(word, __ATOMIC_RELAXED) == LD_OFFERED;) { LD_PAUSE(); }
#else
    (void)word;
#endif
}

/* How a wait for a word ended. GRANTED: what is waited for was handed over. WOKEN: another thread was faster. */
enum { LD_EXPIRED, LD_TAKEN, LD_GRANTED, LD_SIGNALLED, LD_WOKEN };

#define LD_LOOKS 200
/* Return LD_GRANTED, or LD_TAKEN if the word was offered, or 0. A look has two steps: a waiter that takes the word may have
   been granted its units between them. */
static inline int ld_look(int *word, int *granted) {
    if (__atomic_load_n(granted, __ATOMIC_SEQ_CST)) return LD_GRANTED;
    return ld_take_offered(word) ? LD_TAKEN : 0;
}
/* The same, also if the word is free. */
static inline int ld_first_look(int *word, int *granted) {
    if (__atomic_load_n(granted, __ATOMIC_SEQ_CST)) return LD_GRANTED;
    return ld_take(word) ? LD_TAKEN : 0;
}
/* Look without the GIL. A waiter that was woken looks a few times. The last look comes after `called` was reset: a release
   that comes later wakes the waiter again. */
static inline int ld_claim(int *word, int *called, int *granted) {
    for (int looks = LD_LOOKS; looks--;) {
        int won = ld_look(word, granted);
        if (won) return won;
        LD_PAUSE();
    }
    __atomic_store_n(called, 0, __ATOMIC_SEQ_CST);
    return ld_look(word, granted);
}

/* Sleep until the word was taken, or the units `granted`, or the deadline (seconds of ld_clock; < 0: none) has passed, or a
   signal came in, or, unless LD_EAGER, until woken. The waiter stands in the queue. */
static inline int ld_wait(void *bed, int *called, int *granted, int *word, double deadline) {
    PyLockStatus status;
    int won = ld_first_look(word, granted);
    if (won) return won;
    Py_BEGIN_ALLOW_THREADS
    do {
        PY_TIMEOUT_T left = deadline < 0 ? -1 : ld_microseconds(deadline - ld_clock());
        status = PyThread_acquire_lock_timed((PyThread_type_lock)bed, left, 1);
        if (LD_EAGER && status == PY_LOCK_ACQUIRED) won = ld_claim(word, called, granted);
    } while (LD_EAGER && status == PY_LOCK_ACQUIRED && !won);
    Py_END_ALLOW_THREADS
    if (status != PY_LOCK_ACQUIRED) return status == PY_LOCK_INTR ? LD_SIGNALLED : LD_EXPIRED;
    if (won) return won;
    __atomic_store_n(called, 0, __ATOMIC_SEQ_CST);
    won = ld_first_look(word, granted);
    return won ? won : LD_WOKEN;
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
