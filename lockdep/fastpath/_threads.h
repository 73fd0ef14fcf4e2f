/* The state of the running thread, and the arrays in it. */
#ifndef LOCKDEP_THREADS_H
#define LOCKDEP_THREADS_H
#include "lockdep/fastpath/_origins.h"

/* `ld_here` is the ThreadState of the running thread, borrowed; NULL before its first lock and after its end.

   A thread-local variable cannot be shared between extension modules. _threads owns the original; _lock, which needs it
   in a few instructions, has a copy, and _threads changes both in one step (see `follow` there). Every other extension
   calls `current` of _threads. */
#if defined(LD_IN_THREADS) || defined(LD_IN_LOCK)
#if defined(__GLIBC__)
#define LD_TLS __attribute__((tls_model("initial-exec")))      /* a few bytes, found without a call */
#else
#define LD_TLS
#endif
static __thread PyObject *ld_here LD_TLS;
#endif
typedef void (*ld_follower)(PyObject *state);

#ifdef LD_IN_LOCK
static void ld_follow(PyObject *state) { ld_here = state; }
#endif

#ifdef LD_IN_THREADS
/* The id of the Python thread state whose dictionary was cleared last in this thread. A thread that C code made may have
   one Python thread state after the other. */
static __thread uint64_t ld_late LD_TLS;

/* Make `state` that of this thread, and keep `anchor` in the thread's dictionary. A thread that has no dictionary yet gets
   the anchor itself, which is a dict: creating another one for it would cost as much as all the rest. */
static int ld_enter(void *tstate, PyObject *state, PyObject *anchor, ld_follower follower) {
    PyObject **dict = &((PyThreadState *)tstate)->dict;
    if (ld_here != NULL) return 1;         /* the collector ran, and a finalizer took a lock first */
    if (*dict == NULL) *dict = Py_NewRef(anchor);
    else if (PyDict_SetItem(*dict, (PyObject *)Py_TYPE(anchor), anchor) < 0) { PyErr_Clear(); return 0; }
    ld_here = state;
    if (follower != NULL) follower(state);
    return 1;
}
/* Return 0 if `state` is not that of this thread: it never entered; or a child clears what a fork left of its thread. */
static int ld_leave(PyObject *state, ld_follower follower) {
    if (ld_here != state) return 0;
    ld_here = NULL;
    if (follower != NULL) follower(NULL);
    ld_late = PyThreadState_GetID(PyThreadState_Get());
    return 1;
}
static int ld_is_late(void) { return ld_late && PyThreadState_GetID(PyThreadState_Get()) == ld_late; }
#endif

/* Without the GIL an object is freed at once only in the thread that made it, and an anchor must be freed at once. So it
   cannot be made ahead, by the thread that ended, for the one that will use its state. */
#ifdef Py_GIL_DISABLED
#define LD_MAKE_AHEAD 0
#else
#define LD_MAKE_AHEAD 1
#endif

/* How many Python calls are possible before the recursion limit, beyond those that a judgement needs. */
#define LD_JUDGEMENT 80
static inline int ld_stack_left(void *tstate) {
#if PY_VERSION_HEX >= 0x030C0000
    return ((PyThreadState *)tstate)->py_recursion_remaining - LD_JUDGEMENT;
#else
    return ((PyThreadState *)tstate)->recursion_remaining - LD_JUDGEMENT;
#endif
}

static inline unsigned long ld_ident(void *tstate) { return ((PyThreadState *)tstate)->thread_id; }

/* The serials of held locks, by depth, grown from `had` to `n`; n == 0 frees them. */
static inline long long *ld_serials(long long *old, size_t had, size_t n) {
    long long *grown;
    if (n == 0) { PyMem_Free(old); return NULL; }
    grown = (long long *)ld_grown(old, had * sizeof *grown, n * sizeof *grown);
    if (grown == NULL) PyErr_NoMemory();
    else if (old == NULL) grown[0] = 0;
    return grown;
}

/* Keep the collector, and with it the finalizers of the program, from running inside a few lines of C. Since 3.12 it runs
   between two bytecodes only. */
#if PY_VERSION_HEX < 0x030C0000
static inline int ld_stop_collector(void) { return PyGC_Disable(); }
static inline void ld_start_collector(int was_on) { if (was_on) PyGC_Enable(); }
#else
static inline int ld_stop_collector(void) { return 0; }
static inline void ld_start_collector(int was_on) { (void)was_on; }
#endif
#endif
