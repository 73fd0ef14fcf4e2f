/* Atomic steps on integers that several threads change.

   On builds with the GIL plain C is atomic: no other thread runs Python code inside these few instructions. */
#ifndef LOCKDEP_ATOMICS_H
#define LOCKDEP_ATOMICS_H

#ifdef _WIN32
#include <windows.h>
#define LD_YIELD() SwitchToThread()
#else
#include <sched.h>
#define LD_YIELD() sched_yield()
#endif
#if defined(__x86_64__) || defined(__i386__)
#define LD_PAUSE() __builtin_ia32_pause()
#else
#define LD_PAUSE() ((void)0)
#endif

#ifdef Py_GIL_DISABLED
#define LD_FREE_THREADED 1
#else
#define LD_FREE_THREADED 0
#endif

/* LD_EAGER: how a waiter behaves is what threading.Lock of this interpreter does.

   Before 3.14 it is a semaphore of the system: a woken waiter takes it before it asks for the GIL. If it asked first, it
   would wait up to a switch interval (5 ms) for it, others would take the lock meanwhile, and it would sleep again.
   Since 3.14 it is a PyMutex, whose waiter asks for the GIL and then tries: it waits longer, and more work is done
   between two switches of threads. Without the GIL a waiter can run as soon as it is woken. */
#define LD_EAGER (!LD_FREE_THREADED && PY_VERSION_HEX < 0x030E0000)

/* The word of a lock. LD_OFFERED: it is free, and somebody waits for it; used by eager waiters only.

   A waiter that was woken takes an offered word before it has the GIL, and so everybody takes an offered word by a
   compare-and-swap. No waiter touches a word that is free or held: with the GIL plain stores are enough for these. */
enum { LD_FREE, LD_HELD, LD_OFFERED };
static inline int ld_change(int *word, int from, int to) {
    return __atomic_compare_exchange_n(word, &from, to, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}
static inline int ld_take_offered(int *word) { return ld_change(word, LD_OFFERED, LD_HELD); }
static inline void ld_offer(int *word) {
    if (LD_EAGER || LD_FREE_THREADED) __atomic_store_n(word, LD_EAGER ? LD_OFFERED : LD_FREE, __ATOMIC_SEQ_CST);
    else *word = LD_FREE;
}

#ifdef Py_GIL_DISABLED
/* Make an object immortal, so that racing threads never change its reference count. */
static inline void ld_immortal(PyObject *op) {
    op->ob_tid = _Py_UNOWNED_TID;
    op->ob_ref_local = _Py_IMMORTAL_REFCNT_LOCAL;
    op->ob_ref_shared = 0;
}
static inline int ld_take_free(int *word) { return ld_change(word, LD_FREE, LD_HELD); }
static inline int ld_free(int *word) { return __atomic_exchange_n(word, LD_FREE, __ATOMIC_SEQ_CST) == LD_HELD; }
static inline int ld_count(int *count) { return __atomic_load_n(count, __ATOMIC_SEQ_CST); }
static inline void ld_fence(void) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
static inline long long ld_next(long long *counter) { return __atomic_add_fetch(counter, 1, __ATOMIC_RELAXED); }
static inline void ld_add(int *count, int change) { __atomic_add_fetch(count, change, __ATOMIC_RELAXED); }
#define LD_ADD(where, what) __atomic_add_fetch(&(where), (what), __ATOMIC_RELAXED)
#else
#define ld_immortal(op) ((void)(op))
static inline int ld_take_free(int *word) { return *word == LD_FREE ? (*word = LD_HELD) : 0; }
static inline int ld_free(int *word) { int old = *word; *word = LD_FREE; return old == LD_HELD; }
static inline int ld_count(int *count) { return *count; }
#define ld_fence() ((void)0)
static inline long long ld_next(long long *counter) { return ++*counter; }
static inline void ld_add(int *count, int change) { *count += change; }
#define LD_ADD(where, what) ((where) += (what))
#endif

static inline int ld_take(int *word) {
    return ld_take_free(word) || (__atomic_load_n(word, __ATOMIC_RELAXED) == LD_OFFERED && ld_take_offered(word));
}

/* Give other threads a chance to free a word that is taken. Without the GIL, watch the word for about a microsecond
   before yielding the processor. */
static inline void ld_relax(int *word) {
#ifdef Py_GIL_DISABLED
    int looks = 200;
    while (looks-- && __atomic_load_n(word, __ATOMIC_RELAXED) == LD_HELD) { LD_PAUSE(); }
    if (looks >= 0) return;
#else
    (void)word;
#endif
    Py_BEGIN_ALLOW_THREADS
    LD_YIELD();
    Py_END_ALLOW_THREADS
}
#endif
