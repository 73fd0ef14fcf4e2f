# C types of _fastpath.py, and the few lines of C that Python has no word for. Read when the module is compiled, never otherwise.
cimport cython
from cpython.object cimport PyObject

cdef extern from *:
    """
    #ifdef __has_include
    #if PY_VERSION_HEX >= 0x030E0000 && __has_include("internal/pycore_interpframe_structs.h")
    #define LD_FRAMES "internal/pycore_interpframe_structs.h"
    #elif PY_VERSION_HEX < 0x030E0000 && __has_include("internal/pycore_frame.h")
    #define LD_FRAMES "internal/pycore_frame.h"
    #endif
    #endif
    #ifdef LD_FRAMES
    #ifndef Py_BUILD_CORE
    #define Py_BUILD_CORE 1
    #endif
    #include LD_FRAMES
    #endif

    /* One thread's ThreadState, borrowed. `late` is the Python thread state whose dictionary has been cleared: a thread made by
       C may have one after the other. */
    #if defined(__GLIBC__)
    #define LD_TLS __attribute__((tls_model("initial-exec")))      /* a few bytes: no call to find them */
    #else
    #define LD_TLS
    #endif
    static __thread PyObject *ld_tls LD_TLS;
    static __thread uint64_t ld_late LD_TLS;

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
    /* Everything shared on the hot path is immortal, so that racing threads never count references on it. */
    static void ld_immortal(PyObject *op) {
        op->ob_tid = _Py_UNOWNED_TID;
        op->ob_ref_local = _Py_IMMORTAL_REFCNT_LOCAL;
        op->ob_ref_shared = 0;
    }
    /* An object goes at once only in the thread that made it, and an anchor must: it is not made ahead for another thread. */
    #define LD_MAKE_AHEAD 0
    static inline int ld_take(int *word) {
        int unlocked = 0;
        return __atomic_compare_exchange_n(word, &unlocked, 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    }
    static inline int ld_free(int *word) { return __atomic_exchange_n(word, 0, __ATOMIC_SEQ_CST); }
    static inline void ld_fence(void) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
    static inline long long ld_next(long long *counter) { return __atomic_add_fetch(counter, 1, __ATOMIC_RELAXED); }
    static inline void ld_add(int *count, int change) { __atomic_add_fetch(count, change, __ATOMIC_RELAXED); }
    #else
    #define ld_immortal(op) ((void)(op))
    #define LD_MAKE_AHEAD 1
    /* The GIL makes these atomic: no Python code runs inside them. */
    static inline int ld_take(int *word) { return *word == 0 ? (*word = 1) : 0; }
    static inline int ld_free(int *word) { int old = *word; *word = 0; return old; }
    #define ld_fence() ((void)0)
    static inline long long ld_next(long long *counter) { return ++*counter; }
    static inline void ld_add(int *count, int change) { *count += change; }
    #endif

    /* The guard of a queue covers a few instructions and no Python call. A child may find it taken by a thread that is not there any more:
       it holds the generation of its process, and one of an older generation is taken over. */
    static int ld_generation = 1;
    #ifdef _WIN32
    #define ld_watch_forks() ((void)0)
    #else
    #include <pthread.h>
    static void ld_child(void) { ld_generation++; }
    static void ld_watch_forks(void) { pthread_atfork(NULL, NULL, ld_child); }
    #endif
    #ifdef Py_GIL_DISABLED
    static inline void ld_guard(int *guard) {
        for (;;) {
            int seen = 0;
            if (__atomic_compare_exchange_n(guard, &seen, ld_generation, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) return;
            if (seen != 0 && seen != ld_generation
                && __atomic_compare_exchange_n(guard, &seen, ld_generation, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) return;
        }
    }
    static inline void ld_unguard(int *guard) { __atomic_store_n(guard, 0, __ATOMIC_SEQ_CST); }
    #else
    #define ld_guard(guard) ((void)(guard))      /* the GIL is guard enough */
    #define ld_unguard(guard) ((void)(guard))
    #endif

    /* Wait a moment for a word that is taken: let another thread run; without the GIL, look at it for a microsecond first. */
    static void ld_relax(int *word) {
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

    /* What a wait sleeps on: a lock that is taken until somebody wakes it. 0: the time is up, 1: woken, 2: a signal came in. */
    static int ld_sleep(void *park, double seconds) {
        PyLockStatus status;
        PY_TIMEOUT_T microseconds = -1;
        if (seconds >= 0) microseconds = seconds * 1e6 < (double)PY_TIMEOUT_MAX ? (PY_TIMEOUT_T)(seconds * 1e6 + 0.999) : PY_TIMEOUT_MAX;
        Py_BEGIN_ALLOW_THREADS
        status = PyThread_acquire_lock_timed((PyThread_type_lock)park, microseconds, 1);
        Py_END_ALLOW_THREADS
        return status == PY_LOCK_ACQUIRED ? 1 : status == PY_LOCK_INTR ? 2 : 0;
    }
    static void *ld_bed(void) {
        PyThread_type_lock park = PyThread_allocate_lock();
        if (park == NULL) { PyErr_NoMemory(); return NULL; }
        PyThread_acquire_lock(park, NOWAIT_LOCK);
        return (void *)park;
    }
    static void ld_wake(void *park) { PyThread_release_lock((PyThread_type_lock)park); }
    static void ld_dispose(void *park) {
        if (park == NULL) return;
        PyThread_acquire_lock((PyThread_type_lock)park, NOWAIT_LOCK);      /* some systems free a taken lock only */
        PyThread_release_lock((PyThread_type_lock)park);
        PyThread_free_lock((PyThread_type_lock)park);
    }

    /* A thread that has no dictionary yet gets the anchor, which is one: to make one for it costs as much as all the rest. */
    static int ld_enter(void *tstate, PyObject *state, PyObject *anchor) {
        PyObject **dict = &((PyThreadState *)tstate)->dict;
        if (ld_tls != NULL) return 1;         /* the collector ran, and a finalizer came first */
        if (*dict == NULL) *dict = Py_NewRef(anchor);
        else if (PyDict_SetItem(*dict, (PyObject *)Py_TYPE(anchor), anchor) < 0) { PyErr_Clear(); return 0; }
        ld_tls = state;
        return 1;
    }
    static int ld_leave(PyObject *state) {
        if (ld_tls != state) return 0;        /* after a fork, where another thread clears it; or never entered */
        ld_tls = NULL;
        ld_late = PyThreadState_GetID(PyThreadState_Get());
        return 1;
    }
    static unsigned long ld_ident(void *tstate) { return ((PyThreadState *)tstate)->thread_id; }
    static int ld_is_late(void) { return PyThreadState_GetID(PyThreadState_Get()) == ld_late; }
    static long long *ld_serials(long long *old, size_t n) {
        long long *grown;
        if (n == 0) { PyMem_Free(old); return NULL; }
        grown = (long long *)PyMem_Realloc(old, n * sizeof *grown);
        if (grown == NULL) PyErr_NoMemory();
        else if (old == NULL) grown[0] = 0;
        return grown;
    }
    static void **ld_places(void **old, size_t n) {
        void **grown;
        if (n == 0) { PyMem_Free(old); return NULL; }
        grown = (void **)PyMem_Realloc(old, n * sizeof *grown);
        if (grown == NULL) PyErr_NoMemory();
        return grown;
    }
    static void ld_drop(long long *serials, void **places, int at, int depth) {
        for (; at < depth; at++) { serials[at] = serials[at + 1]; places[at] = places[at + 1]; }
    }

    /* The instruction that the running Python function stands at. Kept as a bare address, and only ever compared: whether it lies in a
       code object that is known to be alive. Where CPython's internal headers are missing nobody knows, and reports say less. */
    #if defined(LD_FRAMES)
    static inline void *ld_frame_now(void *tstate) {
    #if PY_VERSION_HEX >= 0x030D0000
        return ((PyThreadState *)tstate)->current_frame;
    #else
        return ((PyThreadState *)tstate)->cframe->current_frame;
    #endif
    }
    static inline void *ld_frame_before(void *frame) {
        _PyInterpreterFrame *before = ((_PyInterpreterFrame *)frame)->previous;
        while (before != NULL && before->owner >= 3) before = before->previous;      /* entries from C, since 3.12 */
        return before;
    }
    static inline void *ld_instruction(void *frame) {
    #if PY_VERSION_HEX >= 0x030D0000
        return (void *)((_PyInterpreterFrame *)frame)->instr_ptr;
    #else
        return (void *)((_PyInterpreterFrame *)frame)->prev_instr;
    #endif
    }
    static inline PyObject *ld_frame_code(void *frame) {
    #if PY_VERSION_HEX >= 0x030E0000
        return (PyObject *)(((_PyInterpreterFrame *)frame)->f_executable.bits & ~(uintptr_t)3);
    #elif PY_VERSION_HEX >= 0x030D0000
        return ((_PyInterpreterFrame *)frame)->f_executable;
    #else
        return (PyObject *)((_PyInterpreterFrame *)frame)->f_code;
    #endif
    }
    static inline void *ld_place(void *tstate) {
        void *frame = ld_frame_now(tstate);
        return frame == NULL ? NULL : ld_instruction(frame);
    }
    #else
    #define ld_frame_now(tstate) NULL
    #define ld_frame_before(frame) NULL
    #define ld_instruction(frame) NULL
    #define ld_place(tstate) NULL
    #define ld_frame_code(frame) NULL
    #endif
    /* Whose code a frame runs: 1 the program's, 2 ours, 0 not known yet. Asked for once for each code object; a stale answer costs a place. */
    #define LD_OWNED 1024
    static struct { PyObject *code; int whose; } ld_owned[LD_OWNED];
    static inline int ld_whose(void *frame) {
        PyObject *code = ld_frame_code(frame);
        size_t at = ((size_t)code >> 4) & (LD_OWNED - 1);
        return ld_owned[at].code == code ? ld_owned[at].whose : 0;
    }
    static void ld_remember_whose(void *frame, int whose) {
        PyObject *code = ld_frame_code(frame);
        size_t at = ((size_t)code >> 4) & (LD_OWNED - 1);
        ld_owned[at].whose = whose;
        ld_owned[at].code = code;
    }
    static PyObject *ld_filename(void *frame) {
        PyObject *code = ld_frame_code(frame);
        return Py_NewRef(code != NULL && PyCode_Check(code) ? ((PyCodeObject *)code)->co_filename : Py_None);
    }
    static void *ld_address(PyObject *code, int lasti) { return ((PyCodeObject *)code)->co_code_adaptive + lasti; }
    static int ld_offset(void *place, PyObject *code) {
        char *start = ((PyCodeObject *)code)->co_code_adaptive, *at = (char *)place;
        return at >= start && at < start + Py_SIZE(code) * sizeof(_Py_CODEUNIT) ? (int)(at - start) : -1;
    }

    /* Times: counts by quarter octaves of ns, up to 2**40 ns. On free-threaded builds every part is added atomically. */
    #include <limits.h>
    #include <time.h>
    #define LD_BUCKETS 160
    typedef struct { long long count, total, least, most; unsigned int buckets[LD_BUCKETS]; } ld_times;
    #ifdef Py_GIL_DISABLED
    #define LD_ADD(where, what) __atomic_add_fetch(&(where), (what), __ATOMIC_RELAXED)
    static inline void ld_extreme(long long *where, long long ns, int less) {
        long long old = __atomic_load_n(where, __ATOMIC_RELAXED);
        while ((less ? ns < old : ns > old) && !__atomic_compare_exchange_n(where, &old, ns, 1, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {}
    }
    #else
    #define LD_ADD(where, what) ((where) += (what))
    static inline void ld_extreme(long long *where, long long ns, int less) { if (less ? ns < *where : ns > *where) *where = ns; }
    #endif
    static inline long long ld_now(void) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        return now.tv_sec * 1000000000LL + now.tv_nsec;
    }
    static inline void ld_note_time(ld_times *times, long long ns) {
        unsigned long long n = ns < 4 ? 4 : (unsigned long long)ns;
        int octave = 63 - __builtin_clzll(n), at = 4 * octave + (int)((n >> (octave - 2)) & 3);
        LD_ADD(times->count, 1);
        LD_ADD(times->total, ns);
        ld_extreme(&times->least, ns, 1);
        ld_extreme(&times->most, ns, 0);
        LD_ADD(times->buckets[at < LD_BUCKETS ? at : LD_BUCKETS - 1], 1);
    }
    static void ld_clear_times(ld_times *times) {
        memset(times, 0, sizeof *times);
        times->least = LLONG_MAX;
    }
    static PyObject *ld_times_of(ld_times *times) {
        PyObject *buckets = PyList_New(0), *pair;
        for (int at = 8; buckets != NULL && at < LD_BUCKETS; at++) {
            if (times->buckets[at] == 0) continue;
            int octave = at / 4;
            pair = Py_BuildValue("(LI)", (1LL << octave) + ((long long)(at % 4 + 1) << (octave - 2)), times->buckets[at]);
            if (pair == NULL || PyList_Append(buckets, pair) < 0) Py_CLEAR(buckets);
            Py_XDECREF(pair);
        }
        if (buckets == NULL) return NULL;
        return Py_BuildValue("(LLLLN)", times->count, times->total, times->count ? times->least : 0, times->most, buckets);
    }
    static long long *ld_more_counts(long long *old, int *size, int number) {
        int room = *size == 0 ? 64 : *size;
        long long *grown;
        while (room <= number) room *= 2;
        grown = (long long *)PyMem_RawRealloc(old, room * sizeof *grown);
        if (grown == NULL) { PyErr_NoMemory(); return NULL; }
        memset(grown + *size, 0, (room - *size) * sizeof *grown);
        *size = room;
        return grown;
    }
    /* What threads counted that have ended, in chunks that are made when first needed and never freed. */
    #define LD_CHUNK 256
    #define LD_CHUNKS 4096
    static long long *ld_past[LD_CHUNKS];
    static long long *ld_past_chunk(int at) {
        long long *made = ld_past[at], *none = NULL;
        if (made != NULL) return made;
        made = (long long *)PyMem_RawCalloc(LD_CHUNK, sizeof *made);
        if (made == NULL || __atomic_compare_exchange_n(&ld_past[at], &none, made, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) return made;
        PyMem_RawFree(made);
        return none;
    }
    static void ld_fold_counts(long long *counts, int size) {
        for (int i = 0; i < size && i < LD_CHUNK * LD_CHUNKS; i++) {
            long long *chunk = counts[i] == 0 ? NULL : ld_past_chunk(i / LD_CHUNK);
            if (chunk != NULL) { LD_ADD(chunk[i % LD_CHUNK], counts[i]); counts[i] = 0; }
        }
    }
    static long long ld_past_count(int number) {
        return number < LD_CHUNK * LD_CHUNKS && ld_past[number / LD_CHUNK] ? ld_past[number / LD_CHUNK][number % LD_CHUNK] : 0;
    }
    static void ld_clear_past(void) {
        for (int i = 0; i < LD_CHUNKS; i++) if (ld_past[i] != NULL) memset(ld_past[i], 0, LD_CHUNK * sizeof **ld_past);
    }
    static void ld_forget_counts(long long *counts) { PyMem_RawFree(counts); }

    static PyObject *ld_code(PyObject *frame) { return (PyObject *)PyFrame_GetCode((PyFrameObject *)frame); }
    static int ld_lasti(PyObject *frame) { return PyFrame_GetLasti((PyFrameObject *)frame); }
    static PyObject *ld_frame(void) {
        PyObject *frame = (PyObject *)PyEval_GetFrame();
        return Py_NewRef(frame == NULL ? Py_None : frame);
    }

    /* Creation places already classified: a direct-mapped cache of borrowed pointers to immortal Sites. */
    #define LD_SITES 4096
    static PyObject *ld_sites[LD_SITES];
    static inline PyObject **ld_place_slot(void *place, PyObject *kind, PyObject *inner) {
        size_t h = ((size_t)place >> 1) + ((size_t)kind >> 4) + ((size_t)inner >> 3) * 31;
        return &ld_sites[(h ^ (h >> 12)) & (LD_SITES - 1)];
    }
    """
    ctypedef struct ld_times:
        long long count
    long long ld_now() nogil
    void ld_note_time(ld_times *times, long long ns) nogil
    void ld_clear_times(ld_times *times) nogil
    object ld_times_of(ld_times *times)
    long long *ld_more_counts(long long *old, int *size, int number) except NULL
    void ld_fold_counts(long long *counts, int size) nogil
    long long ld_past_count(int number) nogil
    void ld_clear_past() nogil
    void ld_forget_counts(long long *counts) nogil
    PyObject *ld_tls
    unsigned long long ld_late
    int ld_is_late()
    void ld_immortal(object op)
    int LD_MAKE_AHEAD
    int ld_enter(void *tstate, object state, object anchor)
    int ld_leave(object state)
    long long *ld_serials(long long *old, size_t n) except? NULL
    void **ld_places(void **old, size_t n) except? NULL
    void ld_drop(long long *serials, void **places, int at, int depth) nogil
    void *ld_place(void *tstate) nogil
    void *PyThreadState_Get() nogil
    unsigned long ld_ident(void *tstate) nogil
    int ld_offset(void *place, object code)
    int ld_take(int *word) nogil
    int ld_free(int *word) nogil
    void ld_fence() nogil
    long long ld_next(long long *counter) nogil
    int ld_generation
    void ld_watch_forks() nogil
    void ld_guard(int *guard) nogil
    void ld_unguard(int *guard) nogil
    void ld_add(int *count, int change) nogil
    void ld_relax(int *word)
    int ld_sleep(void *park, double seconds)
    void *ld_bed() except NULL
    void ld_wake(void *park)
    void ld_dispose(void *park)
    int PyErr_CheckSignals() except -1
    object ld_frame()
    object ld_code(object frame)
    int ld_lasti(object frame)
    PyObject **ld_place_slot(void *place, object kind, object inner)
    void *ld_frame_now(void *tstate) nogil
    int ld_whose(void *frame) nogil
    void ld_remember_whose(void *frame, int whose) nogil
    object ld_filename(void *frame)
    void *ld_frame_before(void *frame) nogil
    void *ld_instruction(void *frame) nogil
    void *ld_address(object code, int lasti)

@cython.final
@cython.no_gc
cdef class Tally:
    cdef readonly object lock_class
    cdef readonly bint read
    cdef readonly int number
    cdef public long long contended
    cdef public long long contended_bounces
    cdef public long long timeouts
    cdef ld_times wait
    cdef ld_times hold

    cpdef clear(self)
    cdef int note_wait(self, long long ns) except -1
    cpdef int note_hold(self, long long ns) except -1


@cython.final
@cython.no_gc
cdef class Entry:
    cdef readonly Tally tally
    cdef readonly object lock_class
    cdef readonly int mode
    cdef public bint watched


@cython.final
@cython.no_gc
cdef class Chain:
    cdef readonly Chain parent
    cdef public Chain gate
    cdef readonly Entry entry
    cdef public dict children
    cdef readonly int depth
    cdef public int twin
    cdef public object stack
    cdef public bint judged
    cdef readonly bint known
    cdef int number

    cpdef admit(self)
    cpdef place(self)
    cpdef Chain follow(self, Entry entry, object stack)
    cpdef Chain context_root(self, object key)


@cython.final
@cython.no_gc
cdef class Site:
    cdef readonly object code
    cdef readonly int lasti
    cdef readonly object kind
    cdef readonly Site inner
    cdef void *place
    cdef readonly Entry entry


@cython.final
cdef class Link:
    cdef Chain root
    cdef object hooks, interrupt, locate, is_ours, patience
    cdef Py_ssize_t max_instances, crowd, stubs
    cdef long long fork_count


cdef class ThreadState
cdef class Anchor(dict)


@cython.final
@cython.no_gc
cdef class ThreadState:
    cdef readonly long long serial
    cdef public long long run
    cdef public long long running
    cdef public Chain chain
    cdef public Chain root
    cdef long long *serials
    cdef void **places
    cdef long long *counts
    cdef int numbers
    cdef int capacity
    cdef void *tstate
    cdef public int dirty
    cdef public int busy
    cdef public bint pending
    cdef public int off
    cdef ThreadState next
    cdef Anchor anchor
    cdef public dict took
    cdef public object record
    cdef public list revoked
    cdef readonly object context
    cdef readonly object context_key
    cdef readonly int context_mode
    cdef readonly dict pins
    cdef dict nests
    cdef readonly unsigned long ident

    cdef clear(self)
    cdef begin(self)
    cdef int count_up(self, Chain chain) except -1
    cpdef long long counted(self, int number)
    cpdef mark(self)
    cpdef let_in(self)
    cdef bint room(self, int depth) except -1
    cdef drop(self, int at)
    cdef check_nests(self, list chains, int at)
    cpdef take_messages(self)
    cpdef revoke(self, long long serial)
    cdef switch_run(self, long long serial)
    cpdef Chain walk(self, Chain chain, list steps)
    cpdef retake(self, int at, Entry entry)
    cpdef pin(self, int at, long long serial, object total)
    cpdef list held_along(self, Chain chain)
    cdef list chains_along(self, Chain chain)
    cpdef bint settle(self) except -1
    cpdef list chains(self)
    cpdef int find(self, long long serial) except -1


@cython.final
cdef class Anchor(dict):
    cdef ThreadState state


cdef int BLOCKING, READ, RECURSIVE_READ, TRY, TIMED, NOCHECK, SYNC, NEST, PINNED, UNUSUAL, ROOM, SPINS, FOREIGN, MOST_STUBS
cdef bint ARGUMENTS_DEPRECATED
cdef object _thread_count, EINTR, FOREVER, _allocate_lock, _get_ident, monotonic, monotonic_ns, sleep, FAIR_SECONDS
cdef Link _link
cdef long long _counter, _numbers
cdef int _stat
cdef dict _sites, _ring_names, _hold_starts, _tallies, _wait_starts, _waits
cdef list _states, _ended
cdef ThreadState _spare
cdef int _spare_guard
cdef object _dead, _freed, _ring
cdef set _crossed
cdef Chain _nowhere, _astray
cdef Entry _untracked

cpdef long long new_serial()
cdef int fence() except -1
cdef long long new_number()
cdef long long now_ns()
cdef note_event(int waited, ThreadState state, int number, long long began, long long ended)
cdef note_wait(ThreadState state, Tally tally, long long began)
cdef note_hold(ThreadState state, Tally tally, long long began)
cdef Tally find_tally(lock_class, read)
@cython.locals(anchor=Anchor)
cdef Anchor make_anchor(ThreadState state)
cdef ThreadState current()
cpdef list threads()
@cython.locals(state=ThreadState)
cdef ThreadState find_thread(long long serial)
cdef tell_holder(long long owner, long long serial)
@cython.locals(state=ThreadState)
cpdef list reap()
cpdef retire(ThreadState state)
cdef thin_out()
@cython.locals(spare=ThreadState)
cpdef forked()
@cython.locals(state=ThreadState, kept=ThreadState, anchor=Anchor)
cdef ThreadState enter_thread()
cdef ThreadState spare_state()
cdef ThreadState late_state()
cdef ignore_arguments()
cpdef Entry creation_entry(object kind)
cdef Entry known_entry(object kind)
cdef remember(Site site)
cdef Site find_site(object frame, object kind, Site inner)
cdef void *outer_place(ThreadState state) except? NULL
cdef bint runs_our_code(void *frame) except -1
cdef int mode_of(object blocking, object timeout) except -1


@cython.no_gc
cdef class DepMap:
    cdef object __weakref__
    cdef readonly long long serial
    cdef public long long owner
    cdef public long long run
    cdef readonly long long acquisitions
    cdef public Chain hint
    cdef public Entry entry
    cdef Entry other
    cdef public long long peer
    cdef readonly long long last
    cdef long long since
    cdef public bint crossed
    cdef public bint witnessed
    cdef readonly int holds
    cdef int unseen

    @cython.final
    cdef enroll(self, kind, name, key)
    @cython.final
    cdef Chain ask(self, int mode=*, object nest=*, object subclass=*)
    @cython.final
    cdef have(self, Chain ticket, int mode=*)
    @cython.final
    cdef bint let_go(self) except -1
    @cython.final
    cdef bint is_tracked(self, ThreadState state) except -1
    @cython.final
    cdef Entry entry_for(self, ThreadState state, int mode)
    @cython.final
    @cython.locals(outer=DepMap)
    cdef Entry entry_as(self, ThreadState state, int mode, object nest, object subclass)
    @cython.final
    cdef count_hold(self, int change)
    @cython.final
    cdef check_pin(self, ThreadState state, int at)
    @cython.final
    cdef revoke_holders(self)
    @cython.final
    cdef book(self, ThreadState state, Chain child, void *place)
    @cython.final
    cdef Chain step(self, ThreadState state, Entry entry)
    @cython.final
    cdef note_run(self, ThreadState state, Chain child)
    @cython.final
    cdef note_bounce(self, ThreadState state, Chain child)
    @cython.final
    cdef note_waited(self, ThreadState state, Tally tally)
    @cython.final
    cdef forget(self)


@cython.final
@cython.no_gc
cdef class Waiter:
    cdef long long thread
    cdef void *park
    cdef Waiter next
    cdef bint queued
    cdef bint handed

    cpdef bint sleep(self, double left, bint until_signal) except -1
    cpdef wake(self)


@cython.no_gc
cdef class ExclusiveLock(DepMap):
    cdef readonly long long count
    cdef int word
    cdef int guard
    cdef long long forks
    cdef object raw
    cdef object tries
    cdef Waiter first
    cdef Waiter heir
    cdef bint hungry

    @cython.final
    cdef equip(self, raw)
    @cython.final
    cdef bint try_fast(self) except -1
    @cython.final
    cdef bint take_along(self, ThreadState state, Chain child) except -1
    @cython.final
    cdef bint lock_slow(self, ThreadState state, int mode, object timeout) except -1
    @cython.final
    cdef bint take_in_run(self, ThreadState state) except -1
    @cython.final
    cdef bint lock_entry(self, ThreadState state, int mode, object timeout, Entry entry) except -1
    @cython.final
    cdef bint lock_again(self, ThreadState state, int mode, object timeout, Entry entry) except -1
    @cython.final
    cdef bint lock_real(self, ThreadState state, int mode, object timeout, Entry entry, Chain child) except -1
    @cython.final
    cdef Chain step_again(self, ThreadState state, Entry entry)
    @cython.final
    cdef bint take(self, long long serial) except -1
    cdef check_owner(self, ThreadState state)
    cdef bint spin(self, object timeout, long long serial) except -1
    @cython.final
    cdef bint wait_counted(self, ThreadState state, object timeout, Entry entry) except -1
    @cython.final
    cdef int note_release(self, ThreadState state) except -1
    @cython.final
    cdef bint wait(self, object timeout, long long serial) except -1
    @cython.final
    cdef bint park(self, object timeout, long long serial) except -1
    @cython.final
    cdef bint enqueue(self, Waiter waiter, bint front) except -1
    @cython.final
    cdef bint accept(self, Waiter waiter) except -1
    @cython.final
    cdef bint dequeue(self, Waiter waiter) except -1
    @cython.final
    cdef bint wake(self, bint hand) except -1
    @cython.final
    cdef int free(self) except -1
    @cython.final
    cdef int unlock_here(self) except -1
    @cython.final
    cdef int unlock_real(self, ThreadState state) except -1
    @cython.final
    cdef unbook(self, ThreadState state)


@cython.no_gc
cdef class OwnedLock(ExclusiveLock):
    cdef check_owner(self, ThreadState state)
    cdef bint spin(self, object timeout, long long serial) except -1


@cython.no_gc
cdef class RecursiveLock(ExclusiveLock):
    @cython.final
    cdef bint enter(self, int mode, object timeout) except -1
    @cython.final
    cdef bint enter_blocking(self) except -1
    @cython.final
    cdef int leave_once(self) except -1
    @cython.final
    cdef int leave(self, ThreadState state) except -1
