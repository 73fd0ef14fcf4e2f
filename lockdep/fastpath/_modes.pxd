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
    BY_MAIN = 1
    IN_SIGNAL = 2
    IN_COLLECTION = 4
    IN_DROP = 8
    ENTERED = 16
    FORKED = 32
    DROPPED = 64
    READ_BY_MAIN = 128
    TOLD = 256
    MOST_TOLD = 8192
    IMPORTING = -1048576
    NOTHING = 0
    SIGNAL = 1
    NEWS = 2
