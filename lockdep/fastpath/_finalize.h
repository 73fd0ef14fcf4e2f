/* Finalizers that run by themselves, because a reference count falls to zero: the slot tp_finalize of a type is replaced
   by a function of ours, which calls the original one between two marks. A direct call of __del__ does not come here. */
#ifndef LOCKDEP_FINALIZE_H
#define LOCKDEP_FINALIZE_H
#include <Python.h>
#ifdef LD_IN_INTERRUPTS         /* other extensions include this file, too */

#define LD_ORIGINALS 8          /* different functions in that slot: one serves all classes with a __del__ */
static destructor ld_originals[LD_ORIGINALS];
static int (*ld_begins)(void);
static int (*ld_ends)(void);
static PyObject *ld_build_original, *ld_build_ours;

/* An exception may be on its way while an object goes. It is none of ours. */
static int ld_apart(int (*mark)(void)) {
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    int answer = mark();
    PyErr_Restore(type, value, traceback);
    return answer;
}
static void ld_finalize(PyObject *self, destructor original) {
    int marked = ld_apart(ld_begins);
    original(self);
    if (marked) ld_apart(ld_ends);
}
#define LD_FINALIZE(n) static void ld_finalize_##n(PyObject *self) { ld_finalize(self, ld_originals[n]); }
LD_FINALIZE(0) LD_FINALIZE(1) LD_FINALIZE(2) LD_FINALIZE(3) LD_FINALIZE(4) LD_FINALIZE(5) LD_FINALIZE(6) LD_FINALIZE(7)
static const destructor ld_ours[LD_ORIGINALS] = {
    ld_finalize_0, ld_finalize_1, ld_finalize_2, ld_finalize_3, ld_finalize_4, ld_finalize_5, ld_finalize_6, ld_finalize_7,
};

/* Mark what the finalizer of this type does. Static types are left out, since sub-interpreters use them, too; generators
   are of such types, and most of them end where a loop leaves them. */
static void ld_watch_type(PyTypeObject *type) {
    destructor now = type->tp_finalize;
    if (now == NULL || !(type->tp_flags & Py_TPFLAGS_HEAPTYPE)) return;
    for (int i = 0; i < LD_ORIGINALS && now != ld_ours[i]; i++) {
        destructor none = NULL;
        __atomic_compare_exchange_n(&ld_originals[i], &none, now, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
        if (ld_originals[i] == now) {
            type->tp_finalize = ld_ours[i];
            return;
        }
    }
}
static void ld_unwatch_type(PyTypeObject *type) {
    for (int i = 0; i < LD_ORIGINALS; i++)
        if (type->tp_finalize == ld_ours[i]) type->tp_finalize = ld_originals[i];
}

/* What a class statement calls, with the class watched. It is written in C: tracebacks do not show it. */
static PyObject *ld_build_class(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *names) {
    PyObject *made = PyObject_Vectorcall(ld_build_original, args, count, names);
    (void)self;
    if (made != NULL && PyType_Check(made)) ld_watch_type((PyTypeObject *)made);
    return made;
}
static PyMethodDef ld_build_method = {
    "__build_class__", (PyCFunction)(void (*)(void))ld_build_class, METH_FASTCALL | METH_KEYWORDS,
    "__build_class__(func, name, /, *bases, [metaclass], **kwds) -> class\n\nInternal helper function used by the class statement.",
};

/* Return the function that stands for `original`, builtins.__build_class__, and calls `begins` and `ends` from now on. */
static PyObject *ld_watch_classes(PyObject *original, int (*begins)(void), int (*ends)(void)) {
    ld_begins = begins;
    ld_ends = ends;
    if (original != ld_build_ours) Py_XSETREF(ld_build_original, Py_NewRef(original));
    if (ld_build_ours == NULL) {
        PyObject *module = PyUnicode_FromString("builtins");
        if (module != NULL) ld_build_ours = PyCFunction_NewEx(&ld_build_method, NULL, module);
        Py_XDECREF(module);
    }
    return Py_XNewRef(ld_build_ours);
}
#endif
#endif
