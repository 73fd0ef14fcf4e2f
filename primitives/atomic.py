"""Atomic numbers, references and flags."""
from __future__ import annotations

from typing import TYPE_CHECKING

from lockdep import fastpath

if TYPE_CHECKING:
    from primitives import _atomic as core
else:
    core = fastpath.load("primitives._atomic")

AtomicRef = core.AtomicRef
