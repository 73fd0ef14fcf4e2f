"""The primitives under the names of the kernel's functions, so that a listing in C can be written down line by line.

    lock = DEFINE_SPINLOCK()
    flags = spin_lock_irqsave(lock)                        spin_lock_irqsave(&lock, flags);
    list_add_rcu(entry, table)                             list_add_rcu(&entry->list, &table);
    spin_unlock_irqrestore(lock, flags)                    spin_unlock_irqrestore(&lock, flags);

    with scoped_guard("mutex", m): ...                     scoped_guard(mutex, &m) { ... }

table.py says what each name stands for; `python -m primitives.kernel` prints it, and so does docs/kernel-names.md. A
name is looked up when it is first used.

Cost: a function costs 50 ns more than the method that it stands for; importing all of them takes some 30 ms.
"""

from __future__ import annotations

from typing import Any

from primitives.kernel.functions import ROWS, make
from primitives.kernel.guards import scoped_guard as scoped_guard

__all__ = sorted({*ROWS, "scoped_guard"})  # a call: tools that read __all__ take the names from the stub


def __getattr__(name: str) -> Any:
    if name not in ROWS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = make(name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *ROWS})
