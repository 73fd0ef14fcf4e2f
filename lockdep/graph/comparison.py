"""Ordering callbacks: by which comparison locks of one class may be nested (kernel: lock_set_cmp_fn)."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

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

    def text(self, instance: Any) -> str:
        """Return what a report says of an instance; nothing where there is no such callback, or where it fails."""
        with contextlib.suppress(Exception):
            return "" if self.describe is None else str(self.describe(instance))
        return ""


class Compared(NamedTuple):
    """The callback's answer, and where that is not right the texts of the held instance and of the new one."""

    answer: int
    held: str = ""
    new: str = ""


def compare_all(order: InstanceComparison, held: Sequence[int], new: int) -> dict[int, Compared]:
    """Return what the callback says of each held instance and the new one.

    Left out are those it was not set on, and those for which it fails.
    """
    wanted = order.instances.get(new)
    found: dict[int, Compared] = {}
    for serial in held:
        instance = order.instances.get(serial)
        if instance is not None and wanted is not None:
            with contextlib.suppress(Exception):
                answer = int(order.compare(instance, wanted))
                texts = () if answer < 0 else (order.text(instance), order.text(wanted))
                found[serial] = Compared(answer, *texts)
    return found
