"""Sites: the places where locks are created, and how the locks created there are taken.

The class of a lock is the place where it is created. Classifying a new place takes some microseconds (see
hooks.Locate); a known one is found by the addresses of the instructions on the stack (see _sites.h).

A Site is known by its place in the source text and lives for ever. A Spot is a Site in one code object and for one type
of lock. It ends when one of these is freed, before anything else can have their address: then it is used again for the
next code object of the same text.
"""

from __future__ import annotations

import sys
from collections import deque
from weakref import ref

try:
    import cython
except ModuleNotFoundError:
    from lockdep.fastpath import _cython_absent as cython

from lockdep.fastpath.owners import first_argument, is_inherited
from lockdep.paths import STDLIB
from lockdep.places import place_of

if not cython.compiled:
    from lockdep.fastpath._chain import _untracked
    from lockdep.fastpath._deaths import note_owner
    from lockdep.fastpath._link import _link

COMPILED = cython.compiled

_sites = {}                                   # (place, inner site, entry) -> Site
_spots = {}                                   # (id of code, offset, id of kind, id of inner site) -> Spot
_watches = {}                                 # id of a code object or a type -> Watch
_gone = deque()                               # watches whose object was freed; filled by the pure build only
_known = {}                                   # address of an instruction -> (id of kind, entry): _pure looks here first


class Site:
    """A place that creates locks, directly or (then `inner` is set) by calling code at another site.

    `entry` is None if the next outer frame decides what the class of the lock is. `spare` has the Spots that ended.
    """

    __slots__ = ("place", "inner", "entry", "spare")

    def __init__(self, place, inner, entry):
        self.place = place
        self.inner = inner
        self.entry = entry
        self.spare = []
        if cython.compiled:
            ld_immortal(self)


class Spot:
    """A Site in one code object, for locks of one type. `code` and `kind` are Watches of these two.

    It `asks` for the first argument of the method that stands there, since other types inherit that (see owners.py).
    """

    __slots__ = ("asks", "site", "code", "kind")

    def __init__(self, site):
        self.site = site
        if cython.compiled:
            ld_immortal(self)                 # a thread may be reading the row while another one ends the spot

    def end(self):
        """Keep this for the next code object of the same text."""
        if cython.compiled:
            ld_end(cython.address(self.row))
        self.code = self.kind = None
        self.site.spare.append(self)


class Watch(ref):
    """A weak reference to a code object or a type. `keys` are those of the spots that end with it."""

    __slots__ = ("keys", "number")

    def __new__(cls, watched, callback):
        return ref.__new__(cls, watched, callback)

    def __init__(self, watched, callback):
        self.number = id(watched)
        self.keys = set()


def watch(watched):
    """Return the Watch of a code object or a type."""
    found = _watches.get(id(watched))
    if found is not None and found() is watched:
        return found
    if found is not None:
        end_spots(found)
    return _watches.setdefault(id(watched), Watch(watched, _callback))


def end_spots(dead):
    """End the spots in a code object, or for a type, that is being freed."""
    if _watches.get(dead.number) is dead:
        del _watches[dead.number]
    while dead.keys:
        key = dead.keys.pop()
        spot = _spots.get(key)
        if spot is not None and (spot.code is dead or spot.kind is dead):
            del _spots[key]
            _known.pop(key[0] + key[1], None)
            spot.code.keys.discard(key)
            spot.kind.keys.discard(key)
            spot.end()


# The pure build's callback is a method of C, in which no signal handler can run: the spots are ended later.
_callback = end_spots if cython.compiled else _gone.append


def creation_entry(kind, serial, depth=4):
    """Return the entry of the lock `serial` of this kind that is created now, by the Python code that is running.

    In the pure build it stands `depth` frames above; usually that is the caller of __init__, past enroll and identify.
    """
    frame = ld_frame() if cython.compiled else sys._getframe(depth)
    inner = asked = None
    if _gone:                                 # what is freed can have left its address to another object
        end_gone()
    if not cython.compiled:
        known = _known.get(id(frame.f_code) + frame.f_lasti)
        if known is not None and known[0] == id(kind):
            return known[1]
    while frame is not None:
        spot = find_spot(frame, kind, inner)
        if spot is None:
            return _untracked
        if spot.asks:
            asked = frame
        if spot.site.entry is not None:
            if asked is not None:
                note_owner(serial, first_argument(asked))
            return spot.site.entry
        inner = spot.site
        frame = frame.f_back
    return _untracked


def find_spot(frame, kind, inner):
    """Return the spot at which a frame stands; None while nothing is connected."""
    if cython.compiled:
        code = ld_code(frame)
        lasti = ld_lasti(frame)
    else:
        code = frame.f_code
        lasti = frame.f_lasti
    key = (id(code), lasti, id(kind), id(inner))      # by id: hashing a code object hashes its contents
    spot = _spots.get(key)
    if spot is None or spot.code() is not code or spot.kind() is not kind:
        if _link.locate is None:
            return None
        site = site_of(place_of(code, lasti), inner, _link.locate(frame, kind, inner, None))
        own = site.entry is not None or not code.co_filename.startswith((STDLIB, "<frozen", *_link.ours))
        asks = own and code.co_argcount > 0 and is_inherited(code, first_argument(frame))
        spot = begin_spot(site, key, code, kind, asks)
    if cython.compiled:
        remember(spot, code, lasti, kind)
    elif spot.site.entry is not None and inner is None and not spot.asks:
        _known[id(code) + lasti] = id(kind), spot.site.entry
    return spot


def site_of(place, inner, entry):
    """Return the one Site with these properties; it is made at the first call."""
    found = _sites.get((place, inner, entry))
    return found if found is not None else _sites.setdefault((place, inner, entry), Site(place, inner, entry))


def end_gone():
    """End the spots whose code or type was freed."""
    while _gone:
        _known.clear()                        # an interrupt may keep the spots from being ended
        try:
            end_spots(_gone.popleft())
        except IndexError:                    # another thread has taken the last one
            break


def begin_spot(site, key, code, kind, asks):
    """Return a Spot of the site, entered under this key."""
    try:
        spot = site.spare.pop()
    except IndexError:
        spot = Spot(site)
    spot.asks = asks
    spot.code = watch(code)
    spot.kind = watch(kind)
    spot.code.keys.add(key)                   # first of all: a row that is in use must end with its code
    spot.kind.keys.add(key)
    found = _spots.setdefault(key, spot)
    if found is not spot and found.code() is code and found.kind() is kind:
        site.spare.append(spot)               # another thread was faster
        return found
    _spots[key] = spot
    return spot


def remember(spot, code, lasti, kind):
    """Put a spot into the table by which ld_known_entry finds it."""
    if cython.compiled:
        site = spot.site
        ld_begin(
            cython.address(spot.row), ld_address(code, lasti), kind, site, site.inner,
            cython.NULL if site.entry is None else cython.cast(cython.pointer(PyObject), site.entry), spot.asks,
        )
        ld_remember(cython.address(_cache), cython.address(spot.row))


def outer_frame(tstate):
    """Return the frame of the program that is running, below those of primitives that are written in Python."""
    if cython.compiled:
        return ld_outer_frame(cython.address(_owners), tstate, _link.ours)
