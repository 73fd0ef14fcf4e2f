"""Sites: the places where locks are created, and how the locks created there are taken.

The class of a lock is the place where it is created. Classifying a new place takes some microseconds (see
hooks.Locate); a known one is found by the addresses of the instructions on the stack (see _sites.h). Sites are never
freed.
"""

from __future__ import annotations

import sys

try:
    import cython
except ModuleNotFoundError:
    from lockdep.fastpath import _cython_absent as cython

if not cython.compiled:
    from lockdep.fastpath._chain import _untracked
    from lockdep.fastpath._link import _link

COMPILED = cython.compiled

_sites = {}                                   # (id of code, offset, id of kind, id of inner site) -> Site


class Site:
    """An instruction that creates locks of a kind, directly or (then `inner` is set) by calling code at another site.

    `entry` is None if the next outer frame decides what the class of the lock is.
    """

    __slots__ = ("code", "lasti", "kind", "inner", "entry")

    def __init__(self, code, lasti, kind, inner, entry):
        self.code = code
        self.lasti = lasti
        self.kind = kind
        self.inner = inner
        self.entry = entry
        if cython.compiled:
            ld_immortal(self)


def creation_entry(kind):
    """Return the entry of a lock of this kind that is created now, by the Python code that is running."""
    frame = ld_frame() if cython.compiled else sys._getframe(3)       # the caller of __init__, past enroll
    inner = None
    while frame is not None:
        site = find_site(frame, kind, inner)
        if site is None:
            return _untracked
        if site.entry is not None:
            return site.entry
        inner = site
        frame = frame.f_back
    return _untracked


def find_site(frame, kind, inner):
    """Return the site at which a frame stands; None while nothing is connected."""
    if cython.compiled:
        code = ld_code(frame)
        lasti = ld_lasti(frame)
    else:
        code = frame.f_code
        lasti = frame.f_lasti
    key = (id(code), lasti, id(kind), id(inner))      # by id: hashing a code object hashes its contents
    site = _sites.get(key)
    if site is None:
        if _link.locate is None:
            return None
        site = _sites.setdefault(key, Site(code, lasti, kind, inner, _link.locate(frame, kind, inner, None)))
    if cython.compiled:
        remember(site)
    return site


def remember(site):
    """Put a site into the table by which ld_known_entry finds it."""
    if cython.compiled:
        site.row.place = ld_address(site.code, site.lasti)
        site.row.kind = cython.cast(cython.pointer(PyObject), site.kind)
        site.row.inner = cython.NULL if site.inner is None else cython.address(site.inner.row)
        site.row.entry = cython.NULL if site.entry is None else cython.cast(cython.pointer(PyObject), site.entry)
        ld_remember(cython.address(_cache), cython.address(site.row))


def outer_place(tstate):
    """Return the place at which the program stands, below the functions of primitives that are written in Python."""
    if cython.compiled:
        place = cython.NULL
        if ld_outer_place(cython.address(_owners), tstate, cython.address(place)):
            return place
        frame = ld_frame_now(tstate)
        while frame is not cython.NULL and runs_our_code(frame):
            frame = ld_frame_before(frame)
        return cython.NULL if frame is cython.NULL else ld_instruction(frame)


def runs_our_code(frame):
    """Return whether a frame runs code that only passes locks on for others; the answer is cached."""
    if cython.compiled:
        whose = ld_whose(cython.address(_owners), frame)
        if whose == 0:
            name = ld_filename(frame)
            whose = 2 if name is not None and _link.is_ours is not None and _link.is_ours(name) else 1
            ld_remember_whose(cython.address(_owners), frame, whose)
        return whose == 2
