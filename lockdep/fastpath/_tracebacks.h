/* The traceback of an exception that leaves compiled code.

   Cython adds a line for each of its functions, whose source is often not even installed: up to eleven between two lines
   of the program. Of those in a row only the innermost one is kept, which says where the exception comes from. Any other
   exception that is being handled stays as it is. */
#ifndef LOCKDEP_TRACEBACKS_H
#define LOCKDEP_TRACEBACKS_H

#include <string.h>
#include "frameobject.h"

static inline int ld_is_compiled(PyFrameObject *frame) {
    PyCodeObject *code = PyFrame_GetCode(frame);
    const char *file = PyUnicode_AsUTF8(code->co_filename);
    int found = file != NULL && (!strncmp(file, "lockdep/fastpath/_", 18) || !strncmp(file, "primitives/_", 12));
    if (file == NULL) PyErr_Clear();
    Py_DECREF(code);
    return found;
}

/* Return whether the outermost line of this traceback is one of compiled code. */
static inline int ld_has_compiled(PyObject *traceback) {
    return traceback != NULL && traceback != Py_None && ld_is_compiled(((PyTracebackObject *)traceback)->tb_frame);
}

/* Add a line to the traceback of the current exception, as PyTraceBack_Here does, which Cython means to call. */
static inline int ld_add_line(PyFrameObject *frame) {
    int known;
#if PY_VERSION_HEX >= 0x030C0000
    PyObject *error = PyErr_GetRaisedException();
    PyObject *traceback = error == NULL ? NULL : PyException_GetTraceback(error);
    known = ld_has_compiled(traceback);
    Py_XDECREF(traceback);
    PyErr_SetRaisedException(error);
#else
    PyObject *type, *error, *traceback;
    PyErr_Fetch(&type, &error, &traceback);
    known = ld_has_compiled(traceback);
    PyErr_Restore(type, error, traceback);
#endif
    return known ? 0 : PyTraceBack_Here(frame);
}
#define PyTraceBack_Here(frame) ld_add_line(frame)
#endif
