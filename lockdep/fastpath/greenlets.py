"""Which library has replaced the thread functions by those of its greenlets, if one has."""

from __future__ import annotations

import sys

_ASKED = (("gevent", "gevent.monkey", "is_module_patched"), ("eventlet", "eventlet.patcher", "is_monkey_patched"))
_PATCHED = {"gevent": "threading", "eventlet": "thread"}


def greenlet_library() -> str | None:
    """Return "gevent" or "eventlet" if it has patched threading, else None. Cost: two look-ups in a dictionary."""
    for library, module, question in _ASKED:
        is_patched = getattr(sys.modules.get(module), question, None)
        if is_patched is not None and is_patched(_PATCHED[library]):
            return library
    return None


def greenlets_patched() -> bool:
    """Return whether such a library has patched threading."""
    return greenlet_library() is not None
