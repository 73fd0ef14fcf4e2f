"""What a run knows of other runs: for each of them, up to which moment it has surely happened before now.

It is kept where it is made, for each request of a server: see fastpath/_runs.py.
"""

from __future__ import annotations

from lockdep.fastpath import MOST_KNOWN, START, Clock

__all__ = ["MOST_KNOWN", "START", "Clock"]
