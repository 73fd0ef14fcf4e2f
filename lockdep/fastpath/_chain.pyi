from typing import Any

from lockdep.fastpath._tally import Tally
from lockdep.places import Step

COMPILED: bool

class Entry:
    lock_class: Any  # the class that was given to Entry; None: not tracked
    tally: Tally
    mode: int
    watched: bool
    taken: int
    takers: dict[int, tuple[Any, int]]
    def __init__(self, lock_class: object, mode: int) -> None: ...

class Chain:
    parent: Chain
    gate: Chain
    entry: Entry
    children: dict[Entry, Chain] | None
    depth: int
    twin: int
    first: list[Step] | None
    judged: bool
    by_pair: bool
    known: bool
    young: bool
    more: int
    waiting: int
    def __init__(self, parent: Chain | None, entry: Entry | None) -> None: ...
    def admit(self) -> None: ...
    def forget(self) -> None: ...
    def settle(self, key: tuple[int, ...]) -> None: ...
    def judge_instances(self, twin: int, by_pair: bool) -> None: ...
    def follow(self, entry: Entry, like: Chain) -> Chain: ...
    def context_root(self, key: object) -> Chain: ...

def sentinels() -> tuple[Entry, Chain]: ...
