# C types of _drop_in.py, read only when it is compiled.
from lockdep.fastpath._chain cimport _untracked
from lockdep.fastpath._lock cimport ExclusiveLock
from lockdep.fastpath._owned cimport RecursiveLock, _allocate_rlock

cdef extern from "lockdep/fastpath/_looks.h":
    object ld_new(object base, object kind)
    void ld_quicken(object kind, object names, object original, object slow)
    void ld_pass_for(object kind, const char *name)


cdef dict _names
cdef object _allocate_lock, _raw_lock, _new
cpdef bint patched_since() except -1
cdef bint is_exact(object kind) except -1
