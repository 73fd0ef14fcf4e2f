"""A lock validator for Python: finds deadlocks that did not happen, in programs that do not know about it.

Names are looked up when first used, so that importing this package, or one of its modules, costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_NAMES = {
    "annotations": (
        "LockClassKey LockMap WaitOverride downgrade is_held might_lock might_lock_nested might_lock_read"
        " not_interrupted off on paused pin reentrant_safe repin set_class set_notrack set_novalidate set_order"
        " set_subclass unpin"
    ),
    "assertions": (
        "assert_held assert_held_once assert_held_read assert_held_write assert_in_irq assert_in_softirq"
        " assert_irqs_disabled assert_irqs_enabled assert_no_hardirq assert_none_held_once assert_not_held"
        " assert_preemption_disabled assert_preemption_enabled might_sleep"
    ),
    "config": "OptionError Options",
    "declarations": "order synchronized",
    "guarding": "guarded guarded_by",
    "patch.doctor": "doctor",
    "live.event_log": "log_findings",
    "violations.finding": "DeadlockError Finding LockInversion",
    "patch": "install installed uninstall",
    "runtime": "findings on_finding reset use",
    "rwlocks": "annotate_rwlock",
    "snapshots.files": "SnapshotError",
    "live.dumping": "dump_on",
    "live.showing": "show_all_locks",
    "live.taking": "snapshot",
    "snapshots.snapshot": "Snapshot",
    "tracking": "track",
    "validator.validator": "Validator",
    "waits.waiting": "waiting",
}
_HOMES = {name: home for home, names in _NAMES.items() for name in names.split()}

__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted((*globals(), *_HOMES))
