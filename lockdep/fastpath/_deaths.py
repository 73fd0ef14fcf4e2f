"""What is kept of locks beside the locks: when they died, whose they are, and whether several threads wanted them.

Locks are known by their serials here, since held locks and witnesses keep no references.
"""

from __future__ import annotations

from collections import deque

try:
    import cython
except ModuleNotFoundError:
    from lockdep.fastpath import _cython_absent as cython

if not cython.compiled:
    from lockdep.fastpath._link import new_serial

COMPILED = cython.compiled

_books = {}                                   # serial of a lock -> the dictionaries that its death is entered in
_dead = {}                                    # serial of a lock that died lately -> when that was
MOST_DEAD = 128
_freed = deque(maxlen=1024)                   # (entry, serial of the holder) of locks that died while they were held
_met = set()                                  # serials of living locks that several threads have wanted
_owners = {}                                  # serial of a lock that an inherited method made -> the type of its object
MOST_OWNERS = 4096
_name_of = type.__dict__["__qualname__"].__get__      # of the type itself, whatever its metaclass says


def note_death(serial, book):
    """Enter the death of the lock `serial` into the dictionary `book` when it comes, with the clock of serials.

    Only locks of watched classes are noticed. A death that was one of the last MOST_DEAD is entered at once.
    """
    try:
        book[serial] = _dead[serial]
    except KeyError:
        books = _books.setdefault(serial, [])
        if not [known for known in books if known is book]:
            books.append(book)


def bury(serial):
    """Note that a lock died, and tell those who want to know."""
    _dead[serial] = now = new_serial()
    for book in _books.pop(serial, ()):
        book[serial] = now
    if len(_dead) > 2 * MOST_DEAD:
        for old in list(_dead)[:MOST_DEAD]:
            _dead.pop(old, None)


def freed():
    """Return (entry, serial of the holder) of the locks that were collected while held, since the last call."""
    found = []
    while _freed:
        found.append(_freed.popleft())
    return found


def note_owner(serial, first):
    """Note that the lock `serial` was made by a method whose first argument was `first`: the object, or its type."""
    kind = first if issubclass(type(first), type) else type(first)
    _owners[serial] = (kind.__dict__.get("__module__"), _name_of(kind))
    if len(_owners) > MOST_OWNERS:
        for old in list(_owners)[:MOST_OWNERS // 2]:
            _owners.pop(old, None)


def owner_of(serial):
    """Return (module, name) of the type of the object a lock belongs to. None if it is not known: see owners.py."""
    return _owners.get(serial)


def has_met(serial):
    """Return whether more than one thread has wanted the lock with this serial."""
    return serial in _met
