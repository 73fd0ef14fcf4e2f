# The constants of _modes.py, for C.
cdef enum:
    BLOCKING = 0
    READ = 1
    RECURSIVE_READ = 2
    TRY = 4
    TIMED = 8
    NOCHECK = 16
    SYNC = 32
    NEST = 64
    PINNED = 128
    UNUSUAL = 239
    ROOM = 64
