# C types of _imports.py, read only when it is compiled.
cimport cython

from lockdep.fastpath._chain cimport Chain
from lockdep.fastpath._link cimport Link, _link, find_in, note_lost
from lockdep.fastpath._sighting cimport Sighting
from lockdep.fastpath._thread_state cimport ThreadState
from lockdep.fastpath._threads cimport current


@cython.final
cdef class Import:
    cdef readonly object manager
    cdef readonly object name
    cdef readonly Import outer
    cdef readonly Sighting seen
    cdef readonly dict took


@cython.final
cdef class Begins:
    cdef readonly object __wrapped__
    cdef readonly object waits
    cdef readonly object wants


@cython.final
cdef class Ends:
    cdef readonly object __wrapped__
    cdef readonly object ended


@cython.final
cdef class Awaits:
    cdef readonly object __wrapped__
    cdef readonly object waits
    cdef readonly object wants


cdef dict _loading, _wanted
cdef int MOST_IMPORTED, IMPORT_STEPS

@cython.locals(seen=Sighting)
cdef Import begin(object manager)
@cython.locals(state=ThreadState, other=Import)
cdef Sighting look(object name)
@cython.locals(state=ThreadState)
cdef enter(Import begun)
@cython.locals(state=ThreadState, found=Import, at=Import)
cdef Import leave(object manager)
@cython.locals(at=Import)
cdef drop_ended(ThreadState state)
@cython.locals(seen=Sighting, at=Import, wanted=tuple)
cdef note_in_imports(ThreadState state, Chain chain, long long serial)
@cython.locals(found=Import)
cpdef Import loading(object name)
@cython.locals(known=tuple)
cpdef note_wanted(object name, long long thread, object judge)
cpdef forget_wanted()
@cython.locals(state=ThreadState, at=Import)
cpdef forget_imports()
