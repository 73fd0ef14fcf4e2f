# C types of _site.py, read only when it is compiled.
cimport cython
from cpython.object cimport PyObject

from lockdep.fastpath._chain cimport Entry, _untracked
from lockdep.fastpath._link cimport Link, _link

cdef extern from "lockdep/fastpath/_atomics.h":
    void ld_immortal(object op)

cdef extern from "lockdep/fastpath/_frames.h":
    ctypedef struct ld_owners:
        pass
    object ld_frame()
    object ld_code(object frame)
    int ld_lasti(object frame)
    object ld_filename(void *frame)
    void *ld_frame_now(void *tstate) nogil
    void *ld_frame_before(void *frame) nogil
    void *ld_instruction(void *frame) nogil
    void *ld_address(object code, int lasti)
    int ld_whose(ld_owners *owners, void *frame) nogil
    void ld_remember_whose(ld_owners *owners, void *frame, int whose) nogil
    int ld_outer_place(ld_owners *owners, void *tstate, void **place) nogil

cdef extern from "lockdep/fastpath/_sites.h":
    ctypedef struct ld_site:
        void *place
        PyObject *kind
        ld_site *inner
        PyObject *entry
    ctypedef struct ld_sites:
        pass
    void ld_remember(ld_sites *sites, ld_site *site) nogil
    PyObject *ld_known_entry(ld_sites *sites, void *tstate, object kind)


@cython.final
@cython.no_gc
cdef class Site:
    cdef readonly object code
    cdef readonly int lasti
    cdef readonly object kind
    cdef readonly Site inner
    cdef readonly Entry entry
    cdef ld_site row


cdef dict _sites
cdef ld_sites _cache
cdef ld_owners _owners

cdef Entry creation_entry(object kind)
cdef Site find_site(object frame, object kind, Site inner)
cdef remember(Site site)
@cython.locals(place=cython.p_void, frame=cython.p_void)
cdef void *outer_place(void *tstate) except? NULL
cdef bint runs_our_code(void *frame) except -1
