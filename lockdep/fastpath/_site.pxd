# C types of _site.py, read only when it is compiled.
cimport cython
from cpython.object cimport PyObject

from lockdep.fastpath._chain cimport Entry, _untracked
from lockdep.fastpath._deaths cimport note_owner
from lockdep.fastpath._link cimport Link, _link

cdef extern from "lockdep/fastpath/_atomics.h":
    void ld_immortal(object op)

cdef extern from "lockdep/fastpath/_frames.h":
    ctypedef struct ld_owners:
        pass
    object ld_frame()
    object ld_code(object frame)
    int ld_lasti(object frame)
    object ld_first_argument(void *frame)
    void *ld_outer_frame(ld_owners *owners, void *tstate, object ours)
    void *ld_address(object code, int lasti)

cdef extern from "lockdep/fastpath/_sites.h":
    ctypedef struct ld_spot:
        pass
    ctypedef struct ld_spots:
        pass
    void ld_begin(ld_spot *spot, void *place, object kind, object site, object inner, PyObject *entry, bint asks)
    void ld_end(ld_spot *spot) nogil
    void ld_remember(ld_spots *spots, ld_spot *spot) nogil
    PyObject *ld_known_entry(ld_spots *spots, void *tstate, object kind, void **asked)


@cython.final
@cython.no_gc
cdef class Site:
    cdef readonly object place
    cdef readonly Site inner
    cdef readonly Entry entry
    cdef list spare


@cython.final
@cython.no_gc
cdef class Spot:
    cdef Site site
    cdef object code
    cdef object kind
    cdef bint asks
    cdef ld_spot row

    cpdef end(self)


cdef dict _sites, _spots, _watches, _known
cdef object _callback, _gone
cdef ld_spots _cache
cdef ld_owners _owners

@cython.locals(spot=Spot)
cdef Entry creation_entry(object kind, long long serial, int depth=*)
@cython.locals(spot=Spot)
cdef Spot find_spot(object frame, object kind, Site inner)
cdef Site site_of(object place, Site inner, Entry entry)
@cython.locals(spot=Spot, found=Spot)
cdef Spot begin_spot(Site site, tuple key, object code, object kind, bint asks)
cdef object watch(object watched)
@cython.locals(spot=Spot)
cpdef end_spots(object dead)
cdef remember(Spot spot, object code, int lasti, object kind)
cdef void *outer_frame(void *tstate) noexcept
