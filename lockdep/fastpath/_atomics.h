/* Atomic steps on integers that several threads change.

   On builds with the GIL plain C is atomic: no other thread runs Python code inside these few instructions. */
#ifndef LOCKDEP_ATOMICS_H
#define LOCKDEP_ATOMICS_H

#include "lockdep/fastpath/_tracebacks.h"  /* all compiled modules include this file */

/* Where Cython catches an exception, it drops the traceback whether there is one or not. Without memory there is none. */
#undef Py_DECREF
#define Py_DECREF(op) Py_XDECREF(op)

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

/* Call the handlers of signals that have come, where the next moment for that is right after the return of __enter__: since
   3.14 an exception of theirs finds no with statement there yet that would free the lock, and so it is lost, as a raw lock
   is. An acquisition that is not known takes longer than one of a raw lock: that must not make it more likely. */
#if PY_VERSION_HEX >= 0x030E0000
#define LD_LET_SIGNALS_IN() PyErr_CheckSignals()
#else
#define LD_LET_SIGNALS_IN() 0
#endif

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

/* A number that several threads read and write at once, without a lock.

   Free-threaded: a C11 atomic. An ordinary access is sequentially consistent, which for a load is an ordinary instruction
   on x86-64 and one acquiring instruction on ARM. The stores that each acquisition makes are relaxed (LD_PUT), and so are
   sums (LD_ADD); each of them says why that is enough. */
#ifdef Py_GIL_DISABLED
#include <stdatomic.h>
typedef _Atomic long long ld_shared;
typedef _Atomic int ld_shared_int;
#define LD_PUT(field, value) atomic_store_explicit(&(field), (value), memory_order_relaxed)
#define LD_LOAD(field) __atomic_load_n(&(field), __ATOMIC_RELAXED)
#define LD_STORE(field, value) __atomic_store_n(&(field), (value), __ATOMIC_RELAXED)
#define LD_OR(field, bits) ((void)atomic_fetch_or(&(field), (bits)))
#define LD_AND(field, bits) ((void)atomic_fetch_and(&(field), (bits)))
static inline int ld_first(ld_shared_int *flag) {
    int no = 0;
    return atomic_compare_exchange_strong(flag, &no, 1);
}
#else
typedef long long ld_shared;
typedef int ld_shared_int;
#define LD_PUT(field, value) ((void)((field) = (value)))
#define LD_LOAD(field) (field)
#define LD_STORE(field, value) ((void)((field) = (value)))
#define LD_OR(field, bits) ((void)((field) |= (bits)))
#define LD_AND(field, bits) ((void)((field) &= (bits)))
static inline int ld_first(ld_shared_int *flag) { return *flag ? 0 : (*flag = 1); }
#endif
/* Set a flag, and return whether it was not set before: of several threads, one is the first. */
#define LD_FIRST(flag) ld_first(&(flag))

/* A field that refers to an object, as a pointer; NULL instead of None.

   Free-threaded, an ordinary store of Cython would take the reference away that another thread is just reading. So these
   fields are either set once and never changed, or lead to immortal objects only. What an object says was written before
   the field led to it (release); whoever reads the field goes on from the pointer (acquire costs nothing on x86-64). */
#define LD_FIELD(object, name) ((PyObject **)&(object)->name)
#ifdef Py_GIL_DISABLED
static inline PyObject *ld_get(PyObject **field) { return __atomic_load_n(field, __ATOMIC_ACQUIRE); }
static inline void ld_set_immortal(PyObject **field, PyObject *value) { __atomic_store_n(field, value, __ATOMIC_RELEASE); }
static inline void ld_set_once(PyObject **field, PyObject *value) {
    PyObject *none = Py_None;
    if (__atomic_compare_exchange_n(field, &none, value, 0, __ATOMIC_RELEASE, __ATOMIC_RELAXED)) Py_INCREF(value);
}
#else
static inline PyObject *ld_get(PyObject **field) { return *field; }
static inline void ld_set_immortal(PyObject **field, PyObject *value) { Py_INCREF(value); Py_SETREF(*field, value); }
static inline void ld_set_once(PyObject **field, PyObject *value) { if (*field == Py_None) Py_SETREF(*field, Py_NewRef(value)); }
#endif
#define LD_CHAIN(locks) LD_FIELD(locks, chain)
#define LD_CHILDREN(chain) LD_FIELD(chain, children)
#define LD_GATE(chain) ld_get(LD_FIELD(chain, gate))
#define LD_SET_GATE(chain, value) ld_set_immortal(LD_FIELD(chain, gate), value)
#define LD_HINT(lock) ld_get(LD_FIELD(lock, hint))
#define LD_SET_HINT(lock, value) ld_set_immortal(LD_FIELD(lock, hint), value)
#define LD_OTHER(lock) ld_get(LD_FIELD(lock, other))
#define LD_SET_OTHER(lock, value) ld_set_immortal(LD_FIELD(lock, other), value)
#define LD_RECORD(state) LD_FIELD(state, record)
#define LD_QUEUE(lock) LD_FIELD(lock, queue)
#define LD_LATEST(course) LD_FIELD(course, latest)
#define LD_TIMES(course) LD_FIELD(course, times)
#define LD_NOW(run) LD_FIELD(run, now)

#ifdef Py_GIL_DISABLED
/* Make an object immortal, so that racing threads never change its reference count. They may be reading it already. */
static inline void ld_immortal(PyObject *op) {
    __atomic_store_n(&op->ob_tid, (uintptr_t)_Py_UNOWNED_TID, __ATOMIC_RELAXED);
    __atomic_store_n(&op->ob_ref_local, _Py_IMMORTAL_REFCNT_LOCAL, __ATOMIC_RELAXED);
    __atomic_store_n(&op->ob_ref_shared, 0, __ATOMIC_RELAXED);
}
static inline int ld_take_free(int *word) { return ld_change(word, LD_FREE, LD_HELD); }
static inline int ld_free(int *word) { return __atomic_exchange_n(word, LD_FREE, __ATOMIC_SEQ_CST) == LD_HELD; }
static inline int ld_count(int *count) { return __atomic_load_n(count, __ATOMIC_SEQ_CST); }
static inline void ld_fence(void) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
static inline long long ld_next(long long *counter) { return __atomic_add_fetch(counter, 1, __ATOMIC_RELAXED); }
#define LD_ADD(where, what) __atomic_add_fetch(&(where), (what), __ATOMIC_RELAXED)
#else
#define ld_immortal(op) ((void)(op))
static inline int ld_take_free(int *word) { return *word == LD_FREE ? (*word = LD_HELD) : 0; }
static inline int ld_free(int *word) { int old = *word; *word = LD_FREE; return old == LD_HELD; }
static inline int ld_count(int *count) { return *count; }
#define ld_fence() ((void)0)
static inline long long ld_next(long long *counter) { return ++*counter; }
#define LD_ADD(where, what) ((where) += (what))
#endif

static inline int ld_take(int *word) {
    return ld_take_free(word) || (__atomic_load_n(word, __ATOMIC_RELAXED) == LD_OFFERED && ld_take_offered(word));
}

static inline void ld_yield(void) {
    Py_BEGIN_ALLOW_THREADS
    LD_YIELD();
    Py_END_ALLOW_THREADS
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
    ld_yield();
}

/* A reference to what a dictionary has for a key, or None. Without the GIL another thread can take it out at any time:
   a borrowed reference would be no good. */
static inline PyObject *ld_find_in(PyObject *table, PyObject *key) {
    PyObject *found = NULL;
#if PY_VERSION_HEX >= 0x030D0000
    if (PyDict_GetItemRef(table, key, &found) < 0) return NULL;
#else
    found = PyDict_GetItemWithError(table, key);
    if (found == NULL && PyErr_Occurred()) return NULL;
    Py_XINCREF(found);
#endif
    return found == NULL ? Py_NewRef(Py_None) : found;
}

/* Let the garbage collector end objects of this type without taking away what they refer to. Call it before any subtype
   is made. Cython's own directive for that has no effect on a class that a .pxd file declares. */
static inline void ld_keep_whole(PyObject *type) { ((PyTypeObject *)type)->tp_clear = NULL; }
#endif
