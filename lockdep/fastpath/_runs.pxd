# C types of _runs.py, read only when it is compiled.
cimport cython
from cpython.object cimport PyObject

from lockdep.fastpath._link cimport new_serial

cdef extern from "lockdep/fastpath/_references.h":
    object ld_new_ref(PyObject **field)
    void ld_replace(PyObject **field, object value)

cdef extern from "lockdep/fastpath/_atomics.h":  # fields that others read while the thread of the run replaces them
    PyObject **latest_of "LD_LATEST"(Course course)
    PyObject **times_of "LD_TIMES"(Course course)
    PyObject **now_of "LD_NOW"(Run run)


@cython.final
@cython.no_gc
cdef class Handed:
    cdef readonly object run
    cdef readonly long long moment
    cdef readonly Clock clock
    cdef readonly object loan
    cdef readonly object by


@cython.final
@cython.no_gc
cdef class Clock:
    cdef readonly dict known
    cdef readonly long long dropped

    @cython.locals(handed=Handed, other=Clock, found=dict, value=tuple, dropped=cython.longlong, last=cython.longlong)
    cpdef Clock learned(self, Handed handed, object by)


@cython.final
cdef class Origin:
    cdef readonly object serial
    cdef public long long born
    cdef public object lent
    cdef public object pool


@cython.final
cdef class Course:
    cdef readonly object label
    cdef public Origin origin
    cdef public Handed handed
    cdef object latest
    cdef object times

    cpdef begin(self, Handed handed, object by)
    @cython.locals(before=Clock)
    cpdef learn(self, Handed handed, object by)
    cdef int become(self, object latest) except -1
    @cython.locals(made=Course)
    cpdef Course called(self, object label)
    cpdef Clock clock_at(self, long long moment)


@cython.final
cdef class Run:
    cdef readonly object serial
    cdef readonly object thread
    cdef public Course course
    cdef readonly object place
    cdef dict all
    cdef object now
    cdef int stretches
    cdef public dict trail
    cdef public str taker
    cdef public object task
    cdef readonly list waiters
    cdef public object sort

    cpdef dict begin_stretch(self)
    cdef int have(self, object stretch) except -1
    cpdef dict taken_after(self, Py_ssize_t count)
    @cython.locals(made=Run)
    cpdef Run so_far(self, Py_ssize_t count)
    @cython.locals(made=Run)
    cpdef Run part(self, object label, object place, dict took)


cdef int MOST_MOMENTS, MOST_STRETCHES
cdef Clock _start

@cython.locals(moment=cython.longlong, before=cython.longlong)
cdef bint is_later(tuple entry, tuple known) except -1
@cython.locals(value=tuple, moments=list)
cdef long long last_beyond(dict known) except -1
@cython.locals(found=dict, value=tuple, moment=cython.longlong)
cdef dict later_than(long long last, dict known)
