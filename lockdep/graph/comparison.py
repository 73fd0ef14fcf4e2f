"""Ordering callbacks: comparisons by which locks of one class may be nested (kernel: lock_set_cmp_fn)."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

Compare = Callable[[Any, Any], int]
Describe = Callable[[Any], str]


class InstanceComparison:
    """The comparison of a class: `compare(held, new)` returns a negative number if that order is right.

    `instances` has the locks that it was set on, by the serial of their DepMap, and keeps none of them alive.
    """

    def __init__(self, compare: Compare, describe: Describe | None) -> None:
        self.compare = compare
        self.describe = describe
        self.instances: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()

    def text(self, instance: Any) -> str:
        """Return what a report says of an instance: '' if there is no callback for that, or if it raises."""
        with contextlib.suppress(Exception):
            return "" if self.describe is None else str(self.describe(instance))
        return ""


class Compared(NamedTuple):
    """The callback's answer and, if that forbids the nesting, the texts of the held and of the new instance."""

    answer: int
    held: str = ""
    new: str = ""


def compare_all(order: InstanceComparison, held: Sequence[int], new: int) -> dict[int, Compared]:
    """Return what the callback says of the new instance and each held one, by the serial of the held one.

    Instances that it was not set on, and those for which it raises, are left out. It is user code, so this must not be
    called under the graph lock.
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
