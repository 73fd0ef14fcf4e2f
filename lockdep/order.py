"""Ordering callbacks: by which comparison locks of one class may be nested (kernel: lock_set_cmp_fn)."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Callable, Sequence
from typing import Any

Compare = Callable[[Any, Any], int]
Describe = Callable[[Any], str]


class InstanceComparison:
    """The comparison of a class: `compare(held, new)` is negative where that order is right.

    Instances are kept weakly, found by the serial of their DepMap.
    """

    def __init__(self, compare: Compare, describe: Describe | None) -> None:
        self.compare = compare
        self.describe = describe
        self.instances: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()


def compare_all(order: InstanceComparison, held: Sequence[int], new: int) -> dict[int, int]:
    """Return what the callback says of each held instance and the new one.

    Left out are those it was not set on, and those for which it fails.
    """
    wanted = order.instances.get(new)
    found: dict[int, int] = {}
    for serial in held:
        instance = order.instances.get(serial)
        if instance is not None and wanted is not None:
            with contextlib.suppress(Exception):
                found[serial] = int(order.compare(instance, wanted))
    return found
