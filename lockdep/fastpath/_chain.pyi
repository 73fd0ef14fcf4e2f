from typing import Any

from lockdep.fastpath._tally import Tally

COMPILED: bool

class Entry:
    lock_class: Any  # the class that was given to Entry; None: not tracked
    tally: Tally
    mode: int
    watched: bool
    def __init__(self, lock_class: object, mode: int) -> None: ...

class Chain:
    parent: Chain
    gate: Chain
    entry: Entry
    children: dict[Entry, Chain] | None
    depth: int
    twin: int
    stack: Any
    judged: bool
    known: bool
    def __init__(self, parent: Chain | None, entry: Entry | None, stack: object = None) -> None: ...
    def admit(self) -> None: ...
    def follow(self, entry: Entry, stack: object) -> Chain: ...
    def context_root(self, key: object) -> Chain: ...

def sentinels() -> tuple[Entry, Chain]: ...
