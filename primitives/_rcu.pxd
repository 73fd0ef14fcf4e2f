# C types of _rcu.py. Read when the module is compiled, never otherwise.
cimport cython
from cpython.object cimport PyObject

from lockdep.fastpath._chain cimport Chain
from lockdep.fastpath._dep_map cimport DepMap, _hold_starts
from lockdep.fastpath._link cimport _timing
from lockdep.fastpath._thread_state cimport ThreadState
from lockdep.fastpath._threads cimport current
from primitives._atomic cimport AtomicRef, pa_acquire, pa_add, pa_get, pa_mb, pa_slot

cdef extern from *:
    """
    #if defined(__GLIBC__)
    #define RC_TLS __attribute__((tls_model("initial-exec")))      /* a few bytes: no call to find them */
    #else
    #define RC_TLS
    #endif
    /* One thread's Reader, borrowed: the table of readers owns it. `late` is set when the thread's dictionary has been cleared. */
    static __thread PyObject *rc_tls RC_TLS;
    static __thread int rc_late RC_TLS;

    #ifdef Py_GIL_DISABLED
    /* The clock is stored before anything of the section is read, and the section is over before whoever waits is looked for. */
    static inline void rc_open(long long *since, long long *clock) {
        __atomic_store_n(since, __atomic_load_n(clock, __ATOMIC_RELAXED), __ATOMIC_RELAXED);
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
    }
    static inline void rc_close(long long *since) {
        __atomic_store_n(since, 0, __ATOMIC_RELEASE);
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
    }
    static inline int rc_flag(int *flag) { return __atomic_load_n(flag, __ATOMIC_RELAXED); }
    static inline void rc_raise(int *flag) { __atomic_store_n(flag, 1, __ATOMIC_SEQ_CST); }
    static inline void rc_lower(int *flag) { __atomic_store_n(flag, 0, __ATOMIC_SEQ_CST); }      /* before the wake */
    #else
    static inline void rc_open(long long *since, long long *clock) { *since = *clock; }
    static inline void rc_close(long long *since) { *since = 0; }
    static inline int rc_flag(int *flag) { return *flag; }
    static inline void rc_raise(int *flag) { *flag = 1; }
    static inline void rc_lower(int *flag) { *flag = 0; }
    #endif

    static int rc_enter(PyObject *reader, PyObject *anchor) {
        PyObject *dict = PyThreadState_GetDict();
        if (dict == NULL || PyDict_SetItem(dict, (PyObject *)Py_TYPE(anchor), anchor) < 0) { PyErr_Clear(); return 0; }
        rc_tls = reader;
        return 1;
    }
    static void rc_leave(PyObject *reader) {
        if (rc_tls == reader) { rc_tls = NULL; rc_late = 1; }      /* not after a fork, where another thread clears it */
    }
    static inline void rc_adopt(PyObject *reader) { rc_tls = reader; }
    """
    PyObject *rc_tls
    int rc_late
    void rc_open(long long *since, long long *clock) nogil
    void rc_close(long long *since) nogil
    int rc_flag(int *flag) nogil
    void rc_raise(int *flag) nogil
    void rc_lower(int *flag) nogil
    int rc_enter(object reader, object anchor)
    void rc_leave(object reader)
    void rc_adopt(PyObject *reader)

cdef int RCU, BH, SCHED, FLAVOURS, READ_SIDE
cdef long long _clock, FOREVER
cdef dict _readers
cdef set _parked
cdef object _hooks, _get_ident


@cython.final
cdef class Reader:
    cdef readonly object ident
    cdef long long since
    cdef readonly int depth
    cdef int depths[3]
    cdef int wanted
    cdef readonly bint late
    cdef list maps
    cdef DepMap map
    cdef Chain hint

    cdef DepMap map_of(self, int flavour)
    cdef hold(self, int flavour)
    cdef open(self, int flavour)
    cdef bint close(self, int flavour) except -1
    cdef drop(self, int flavour)
    cdef ask(self)
    cdef over(self)
    @cython.locals(map_=DepMap)
    cdef leave(self)
    cpdef bint is_before(self, long long target) except -1


@cython.final
cdef class ThreadExit:
    cdef Reader reader


@cython.final
cdef class ReadSection:
    pass


cdef ReadSection _section
cdef Reader mine()
@cython.locals(at_exit=ThreadExit)
cdef Reader enter_thread()
cpdef enter(int flavour)
cpdef leave(int flavour)
cpdef long depth(int flavour) except -1
cpdef rcu_dereference(AtomicRef pointer)
cpdef long long advance() except -1
@cython.locals(reader=Reader)
cpdef list ask(long long target)
cdef fence_all()
cpdef wake()
