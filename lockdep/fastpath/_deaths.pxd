# C types of _deaths.py, read only when it is compiled.
from lockdep.fastpath._link cimport new_serial

cdef dict _books, _dead, _owners
cdef set _met
cdef object _freed, _name_of
cdef int MOST_DEAD, MOST_OWNERS

cdef bury(long long serial)
cdef note_owner(long long serial, object first)
