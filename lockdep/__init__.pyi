# The public names of the package: loaded on first use at run time. tests/test_names.py compares them.
from lockdep.annotations import LockClassKey as LockClassKey
from lockdep.annotations import LockMap as LockMap
from lockdep.annotations import WaitOverride as WaitOverride
from lockdep.annotations import downgrade as downgrade
from lockdep.annotations import is_held as is_held
from lockdep.annotations import might_lock as might_lock
from lockdep.annotations import might_lock_nested as might_lock_nested
from lockdep.annotations import might_lock_read as might_lock_read
from lockdep.annotations import not_interrupted as not_interrupted
from lockdep.annotations import off as off
from lockdep.annotations import on as on
from lockdep.annotations import paused as paused
from lockdep.annotations import pin as pin
from lockdep.annotations import reentrant_safe as reentrant_safe
from lockdep.annotations import repin as repin
from lockdep.annotations import set_class as set_class
from lockdep.annotations import set_notrack as set_notrack
from lockdep.annotations import set_novalidate as set_novalidate
from lockdep.annotations import set_order as set_order
from lockdep.annotations import set_subclass as set_subclass
from lockdep.annotations import unpin as unpin
from lockdep.assertions import assert_held as assert_held
from lockdep.assertions import assert_held_once as assert_held_once
from lockdep.assertions import assert_held_read as assert_held_read
from lockdep.assertions import assert_held_write as assert_held_write
from lockdep.assertions import assert_in_irq as assert_in_irq
from lockdep.assertions import assert_in_softirq as assert_in_softirq
from lockdep.assertions import assert_irqs_disabled as assert_irqs_disabled
from lockdep.assertions import assert_irqs_enabled as assert_irqs_enabled
from lockdep.assertions import assert_no_hardirq as assert_no_hardirq
from lockdep.assertions import assert_none_held_once as assert_none_held_once
from lockdep.assertions import assert_not_held as assert_not_held
from lockdep.assertions import assert_preemption_disabled as assert_preemption_disabled
from lockdep.assertions import assert_preemption_enabled as assert_preemption_enabled
from lockdep.assertions import might_sleep as might_sleep
from lockdep.config import OptionError as OptionError
from lockdep.config import Options as Options
from lockdep.declarations import order as order
from lockdep.declarations import synchronized as synchronized
from lockdep.guarding import guarded as guarded
from lockdep.guarding import guarded_by as guarded_by
from lockdep.live.dumping import dump_on as dump_on
from lockdep.live.event_log import log_findings as log_findings
from lockdep.live.showing import show_all_locks as show_all_locks
from lockdep.live.taking import snapshot as snapshot
from lockdep.patch import install as install
from lockdep.patch import installed as installed
from lockdep.patch import uninstall as uninstall
from lockdep.patch.doctor import doctor as doctor
from lockdep.runtime import findings as findings
from lockdep.runtime import on_finding as on_finding
from lockdep.runtime import reset as reset
from lockdep.runtime import use as use
from lockdep.rwlocks import annotate_rwlock as annotate_rwlock
from lockdep.snapshots.files import SnapshotError as SnapshotError
from lockdep.snapshots.snapshot import Snapshot as Snapshot
from lockdep.tracking import track as track
from lockdep.validator.validator import Validator as Validator
from lockdep.violations.finding import DeadlockError as DeadlockError
from lockdep.violations.finding import Finding as Finding
from lockdep.violations.finding import LockInversion as LockInversion
from lockdep.waits.waiting import waiting as waiting

__version__: str
__all__ = [
    "DeadlockError",
    "Finding",
    "LockClassKey",
    "LockInversion",
    "LockMap",
    "OptionError",
    "Options",
    "Snapshot",
    "SnapshotError",
    "Validator",
    "WaitOverride",
    "__version__",
    "annotate_rwlock",
    "assert_held",
    "assert_held_once",
    "assert_held_read",
    "assert_held_write",
    "assert_in_irq",
    "assert_in_softirq",
    "assert_irqs_disabled",
    "assert_irqs_enabled",
    "assert_no_hardirq",
    "assert_none_held_once",
    "assert_not_held",
    "assert_preemption_disabled",
    "assert_preemption_enabled",
    "doctor",
    "downgrade",
    "dump_on",
    "findings",
    "guarded",
    "guarded_by",
    "install",
    "installed",
    "is_held",
    "log_findings",
    "might_lock",
    "might_lock_nested",
    "might_lock_read",
    "might_sleep",
    "not_interrupted",
    "off",
    "on",
    "on_finding",
    "order",
    "paused",
    "pin",
    "reentrant_safe",
    "repin",
    "reset",
    "set_class",
    "set_notrack",
    "set_novalidate",
    "set_order",
    "set_subclass",
    "show_all_locks",
    "snapshot",
    "synchronized",
    "track",
    "uninstall",
    "unpin",
    "use",
    "waiting",
]
