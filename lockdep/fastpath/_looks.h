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
/* Make error messages show `name`, with its module, and let nobody change the type. The copy of the name is never
   freed: a type's name has to live as long as the type. */
static inline void ld_pass_for(PyObject *kind, const char *name) {
    char *kept = strdup(name);
    if (kept != NULL) ((PyTypeObject *)kind)->tp_name = kept;
    ((PyTypeObject *)kind)->tp_flags |= Py_TPFLAGS_IMMUTABLETYPE;
}
#endif
