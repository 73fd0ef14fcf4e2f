/* What a type that is written in Python needs to pass for one that is written in C. */
#ifndef LOCKDEP_LOOKS_H
#define LOCKDEP_LOOKS_H
#include <Python.h>
#include <string.h>

/* Make an object of type `kind` as its base would, without a call of `kind.__new__`. */
static inline PyObject *ld_new(PyObject *base, PyObject *kind) {
    PyObject *nothing = PyTuple_New(0);
    if (nothing == NULL) return NULL;
    PyObject *made = ((PyTypeObject *)base)->tp_new((PyTypeObject *)kind, nothing, NULL);
    Py_DECREF(nothing);
    return made;
}
/* What a type calls to make an object: `names["allocate_lock"]` is `original` as long as no greenlets have patched. */
static struct { PyObject *names, *key, *original, *slow; } ld_makers;

static PyObject *ld_new_quick(PyTypeObject *kind, PyObject *arguments, PyObject *keywords) {
    if (PyDict_GetItemWithError(ld_makers.names, ld_makers.key) != ld_makers.original)
        return PyObject_CallOneArg(ld_makers.slow, (PyObject *)kind);
    (void)keywords;
    return kind->tp_base->tp_new(kind, arguments, NULL);
}
/* Make objects of exactly this type as its base would, unless greenlets have patched: then `slow(kind)` makes them. Its
   method __new__, which subclasses inherit, is left as it is: it allocates a dictionary at each call. */
static inline void ld_quicken(PyObject *kind, PyObject *names, PyObject *original, PyObject *slow) {
    ld_makers.names = Py_NewRef(names);
    ld_makers.key = PyUnicode_InternFromString("allocate_lock");
    ld_makers.original = Py_NewRef(original);
    ld_makers.slow = Py_NewRef(slow);
    ((PyTypeObject *)kind)->tp_new = ld_new_quick;
}
/* Make error messages show `name`, with its module, and let nobody change the type. The copy of the name is never
   freed: a type's name has to live as long as the type. */
static inline void ld_pass_for(PyObject *kind, const char *name) {
    char *kept = strdup(name);
    if (kept != NULL) ((PyTypeObject *)kind)->tp_name = kept;
    ((PyTypeObject *)kind)->tp_flags |= Py_TPFLAGS_IMMUTABLETYPE;
}
#endif
