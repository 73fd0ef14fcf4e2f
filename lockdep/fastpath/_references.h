/* A reference that other threads may replace while this one takes a reference of its own.

   Free-threaded: try to count it, then look whether the field still has it, as CPython reads its own slots. What is stored
   must be marked for that first. The memory of an object stays an object's until every thread has passed a quiescent point,
   so the failed try is harmless. */
#ifndef LOCKDEP_REFERENCES_H
#define LOCKDEP_REFERENCES_H

#ifdef Py_GIL_DISABLED
#if PY_VERSION_HEX >= 0x030E0000
static inline void ld_mark(PyObject *op) { PyUnstable_EnableTryIncRef(op); }
static inline int ld_try(PyObject **at, PyObject *op) {
    if (!PyUnstable_TryIncRef(op)) return 0;
    if (__atomic_load_n(at, __ATOMIC_ACQUIRE) == op) return 1;
    Py_DECREF(op);
    return 0;
}
#else
#ifndef Py_BUILD_CORE
#define Py_BUILD_CORE 1
#endif
#include "internal/pycore_object.h"
static inline void ld_mark(PyObject *op) { _PyObject_SetMaybeWeakref(op); }
static inline int ld_try(PyObject **at, PyObject *op) { return _Py_TryIncrefCompare(at, op); }
#endif
static inline PyObject *ld_new_ref(PyObject **at) {
    for (;;) {
        PyObject *op = (PyObject *)__atomic_load_n(at, __ATOMIC_ACQUIRE);
        if (ld_try(at, op)) return op;
    }
}
/* Put another object into a field that others read by ld_new_ref. Only one thread at a time does this. */
static inline void ld_replace(PyObject **at, PyObject *op) {
    PyObject *old;
    Py_INCREF(op);
    ld_mark(op);
    old = __atomic_exchange_n(at, op, __ATOMIC_ACQ_REL);
    Py_XDECREF(old);
}
/* The same for a field that may be NULL. */
static inline PyObject *ld_new_ref_or_null(PyObject **at) {
    for (;;) {
        PyObject *op = (PyObject *)__atomic_load_n(at, __ATOMIC_ACQUIRE);
        if (op == NULL || ld_try(at, op)) return op;
    }
}
#else
#define ld_mark(op) ((void)(op))
static inline PyObject *ld_new_ref_or_null(PyObject **at) { return Py_XNewRef(*at); }
static inline PyObject *ld_new_ref(PyObject **at) { return Py_NewRef(*at); }
static inline void ld_replace(PyObject **at, PyObject *op) { Py_INCREF(op); Py_XSETREF(*at, op); }
#endif

/* Return an attribute of an object, None if it has none, without any code of its class. An AttributeError that nobody wants
   would cost ten times as much. */
static inline PyObject *ld_kept(PyObject *thing, PyObject *name) {
    PyObject *found = _PyObject_GenericGetAttrWithDict(thing, name, NULL, 1);
    return found != NULL || PyErr_Occurred() ? found : Py_NewRef(Py_None);
}
#endif
