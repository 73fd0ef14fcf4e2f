# C types of _atomic.py and the operations themselves. Read when the module is compiled, never otherwise.
cimport cython
from cpython.object cimport PyObject

cdef extern from *:
    """
    #ifndef PA_ONCE
    #define PA_ONCE
    #include <stdint.h>
    #include "lockdep/fastpath/_references.h"

    /* Kept as unsigned: wrapping is defined, and the operations with and without threads agree. */
    #ifdef Py_GIL_DISABLED
    #define PA_FETCH(op) \
        static inline long long pa_##op(long long *at, long long n) { \
            return (long long)__atomic_fetch_##op((unsigned long long *)at, (unsigned long long)n, __ATOMIC_SEQ_CST); }
    PA_FETCH(add) PA_FETCH(and) PA_FETCH(or) PA_FETCH(xor)
    static inline long long pa_read(long long *at) { return __atomic_load_n(at, __ATOMIC_RELAXED); }
    static inline void pa_set(long long *at, long long n) { __atomic_store_n(at, n, __ATOMIC_RELAXED); }
    static inline long long pa_acquire(long long *at) { return __atomic_load_n(at, __ATOMIC_ACQUIRE); }
    static inline void pa_release(long long *at, long long n) { __atomic_store_n(at, n, __ATOMIC_RELEASE); }
    static inline long long pa_xchg(long long *at, long long n) { return __atomic_exchange_n(at, n, __ATOMIC_SEQ_CST); }
    static inline long long pa_cmpxchg(long long *at, long long old, long long n) {
        __atomic_compare_exchange_n(at, &old, n, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
        return old;
    }
    #else
    /* The GIL makes these atomic: no Python code runs inside them. */
    #define PA_FETCH(op, sign) \
        static inline long long pa_##op(long long *at, long long n) { \
            long long old = *at; *at = (long long)((unsigned long long)old sign (unsigned long long)n); return old; }
    PA_FETCH(add, +) PA_FETCH(and, &) PA_FETCH(or, |) PA_FETCH(xor, ^)
    static inline long long pa_read(long long *at) { return *(volatile long long *)at; }
    static inline void pa_set(long long *at, long long n) { *(volatile long long *)at = n; }
    static inline long long pa_acquire(long long *at) { return *(volatile long long *)at; }
    static inline void pa_release(long long *at, long long n) { *(volatile long long *)at = n; }
    static inline long long pa_xchg(long long *at, long long n) { long long old = *at; *at = n; return old; }
    static inline long long pa_cmpxchg(long long *at, long long old, long long n) {
        long long seen = *at;
        if (seen == old) *at = n;
        return seen;
    }
    #endif
    static inline long long pa_not(long long n) { return ~n; }
    static inline long long pa_neg(long long n) { return (long long)(0 - (unsigned long long)n); }
    static inline long long pa_sum(long long a, long long b) {
        return (long long)((unsigned long long)a + (unsigned long long)b);
    }
    static inline long long pa_bit(long nr) { return (long long)(1ULL << (nr & 63)); }
    static inline void pa_mb(void) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
    static inline void pa_rmb(void) { __atomic_thread_fence(__ATOMIC_ACQUIRE); }
    static inline void pa_wmb(void) { __atomic_thread_fence(__ATOMIC_RELEASE); }

    static long long *pa_words(long size) {
        long long *words = (long long *)PyMem_Calloc((size_t)(size + 63) / 64, sizeof *words);
        if (words == NULL) PyErr_NoMemory();
        return words;
    }
    static void pa_free(long long *words) { PyMem_Free(words); }
    static PyObject *pa_unsigned(long long word) { return PyLong_FromUnsignedLongLong((unsigned long long)word); }

    /* The reference in a cell. */
    #define pa_slot(cell) ((PyObject **)&(cell)->value)
    #ifdef Py_GIL_DISABLED
    static inline PyObject *pa_swap(PyObject **at, PyObject *op) {
        Py_INCREF(op);
        ld_mark(op);
        return (PyObject *)__atomic_exchange_n(at, op, __ATOMIC_SEQ_CST);
    }
    static inline int pa_replace(PyObject **at, PyObject *old, PyObject *op) {
        Py_INCREF(op);
        ld_mark(op);
        if (__atomic_compare_exchange_n(at, &old, op, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
            Py_DECREF(old);
            return 1;
        }
        Py_DECREF(op);
        return 0;
    }
    #else
    static inline PyObject *pa_swap(PyObject **at, PyObject *op) { PyObject *old = *at; *at = Py_NewRef(op); return old; }
    static inline int pa_replace(PyObject **at, PyObject *old, PyObject *op) {
        if (*at != old) return 0;
        *at = Py_NewRef(op);
        Py_DECREF(old);
        return 1;
    }
    #endif
    #endif
    """
    long long pa_add(long long *at, long long n) nogil
    long long pa_and(long long *at, long long n) nogil
    long long pa_or(long long *at, long long n) nogil
    long long pa_xor(long long *at, long long n) nogil
    long long pa_read(long long *at) nogil
    void pa_set(long long *at, long long n) nogil
    long long pa_acquire(long long *at) nogil
    void pa_release(long long *at, long long n) nogil
    long long pa_xchg(long long *at, long long n) nogil
    long long pa_cmpxchg(long long *at, long long old, long long n) nogil
    long long pa_not(long long n) nogil
    long long pa_neg(long long n) nogil
    long long pa_sum(long long a, long long b) nogil
    long long pa_bit(long nr) nogil
    void pa_mb() nogil
    void pa_rmb() nogil
    void pa_wmb() nogil
    PyObject **pa_slot(AtomicRef cell)
    object pa_get "ld_new_ref"(PyObject **at)
    object pa_swap(PyObject **at, object op)
    bint pa_replace(PyObject **at, object old, object op)
    long long *pa_words(long size) except NULL
    void pa_free(long long *words)
    object pa_unsigned(long long word)


cdef long WORD


cdef class Atomic:
    cdef long long value

    cpdef long long read(self)
    cpdef set(self, long long value)
    cpdef long long read_acquire(self)
    cpdef set_release(self, long long value)
    cpdef long long xchg(self, long long new)
    cpdef long long cmpxchg(self, long long old, long long new)
    cpdef long long fetch_add(self, long long number)
    cpdef long long fetch_and(self, long long number)
    cpdef long long fetch_or(self, long long number)
    cpdef long long fetch_xor(self, long long number)
    cpdef long long add_return(self, long long number)


cdef class AtomicRef:
    cdef object __weakref__
    cdef object value

    cpdef read(self)
    cpdef set(self, value)
    cpdef xchg(self, new)
    cpdef try_cmpxchg(self, old, new)


cdef class AtomicFlags:
    cdef readonly long size
    cdef long long *bits

    cdef long long *word(self, long nr) except NULL
    cpdef bint test_bit(self, long nr) except -1
    cpdef bint test_and_set_bit(self, long nr) except -1
    cpdef bint test_and_clear_bit(self, long nr) except -1
    cpdef bint test_and_change_bit(self, long nr) except -1
