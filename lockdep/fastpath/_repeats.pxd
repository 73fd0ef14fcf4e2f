# C types of _repeats.py, read only when it is compiled.
cdef extern from "lockdep/fastpath/_repeats.h":
    void ld_repeat(int number) nogil
    void ld_end_repeat(int number) nogil

cpdef repeat_signal(int number)
cpdef end_repeat(int number)
