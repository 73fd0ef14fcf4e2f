# C types of _stacks.py, read only when it is compiled.
cdef extern from "lockdep/fastpath/_stacks.h":
    bint LD_STOPS_THREADS
    object ld_stacks()
