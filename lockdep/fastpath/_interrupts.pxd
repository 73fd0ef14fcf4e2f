# C types of _interrupts.py, read only when it is compiled.
cimport cython
from cpython.object cimport PyTypeObject

from lockdep.fastpath._link cimport Link, _link, new_serial
from lockdep.fastpath._modes cimport IN_COLLECTION, IN_SIGNAL
from lockdep.fastpath._thread_state cimport ThreadState
from lockdep.fastpath._threads cimport current, here_or_nobody, thread_count


cdef extern from *:
    int PyGC_IsEnabled()


cdef extern from "lockdep/fastpath/_finalize.h":
    object ld_watch_classes(object original, bint (*begins)() noexcept, bint (*ends)() noexcept)
    void ld_watch_type(PyTypeObject *kind) nogil
    void ld_unwatch_type(PyTypeObject *kind) nogil


@cython.final
cdef class Handler:
    cdef object __weakref__
    cdef readonly object handler
    cdef readonly tuple scene


@cython.final
cdef class Finalizer:
    cdef readonly object __wrapped__
    cdef readonly Py_ssize_t argument


@cython.locals(state=ThreadState)
cdef bint drop_begins() noexcept
cdef bint drop_ends() noexcept
cdef list _scene, _callbacks, _on_fork
cdef move_to_end()
cdef bint is_collecting() except -1
