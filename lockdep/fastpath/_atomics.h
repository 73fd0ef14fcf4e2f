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
/* Make an object immortal, so that racing threads never change its reference count. */
static inline void ld_immortal(PyObject *op) {
    op->ob_tid = _Py_UNOWNED_TID;
    op->ob_ref_local = _Py_IMMORTAL_REFCNT_LOCAL;
    op->ob_ref_shared = 0;
}
static inline int ld_take(int *word) {
    int unlocked = 0;
    return __atomic_compare_exchange_n(word, &unlocked, 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}
static inline int ld_free(int *word) { return __atomic_exchange_n(word, 0, __ATOMIC_SEQ_CST); }
static inline void ld_fence(void) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
static inline long long ld_next(long long *counter) { return __atomic_add_fetch(counter, 1, __ATOMIC_RELAXED); }
static inline void ld_add(int *count, int change) { __atomic_add_fetch(count, change, __ATOMIC_RELAXED); }
#define LD_ADD(where, what) __atomic_add_fetch(&(where), (what), __ATOMIC_RELAXED)
#else
#define ld_immortal(op) ((void)(op))
static inline int ld_take(int *word) { return *word == 0 ? (*word = 1) : 0; }
static inline int ld_free(int *word) { int old = *word; *word = 0; return old; }
#define ld_fence() ((void)0)
static inline long long ld_next(long long *counter) { return ++*counter; }
static inline void ld_add(int *count, int change) { *count += change; }
#define LD_ADD(where, what) ((where) += (what))
#endif

/* Give other threads a chance to free a word that is taken. Without the GIL, watch the word for about a microsecond
   before yielding the processor. */
static inline void ld_relax(int *word) {
#ifdef Py_GIL_DISABLED
    int looks = 200;
    while (looks-- && __atomic_load_n(word, __ATOMIC_RELAXED)) { LD_PAUSE(); }
    if (looks >= 0) return;
#else
    (void)word;
#endif
    Py_BEGIN_ALLOW_THREADS
    LD_YIELD();
    Py_END_ALLOW_THREADS
}
#endif
