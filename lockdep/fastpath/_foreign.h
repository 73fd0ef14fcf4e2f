/* How the lock of somebody else is released. */
#ifndef LOCKDEP_FOREIGN_H
#define LOCKDEP_FOREIGN_H
#include <Python.h>

/* Call the method `release` of a lock. One that is written in C is called past the recursion limit: what was taken a few
   frames further out must be released here. */
static inline PyObject *ld_release_foreign(PyObject *release) {
    if (PyCFunction_CheckExact(release) && PyCFunction_GET_FLAGS(release) == METH_NOARGS)
        return PyCFunction_GET_FUNCTION(release)(PyCFunction_GET_SELF(release), NULL);
    return PyObject_CallNoArgs(release);
}
#endif
