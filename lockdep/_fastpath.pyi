from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any

from lockdep.classes import LockClass
from lockdep.runs import Run

COMPILED: bool

class Entry:
    lock_class: LockClass
    mode: int
    watched: bool
    def __init__(self, lock_class: LockClass | None, mode: int) -> None: ...

class Chain:
    parent: Chain
    gate: Chain
    entry: Entry
    children: dict[Entry, Chain] | None
    depth: int
    twin: int
    stack: Any
    judged: bool
    def __init__(self, parent: Chain | None, entry: Entry | None, stack: object = None) -> None: ...
    def admit(self) -> None: ...

class Site:
    code: CodeType
    lasti: int
    kind: type
    inner: Site | None
    entry: Entry | None

class ThreadState:
    serial: int
    running: int
    run: int
    chain: Chain
    root: Chain
    busy: int
    dirty: int
    ident: int
    record: Run | None
    took: dict[int | Entry, Chain] | None
    def mark(self) -> None: ...
    def held(self) -> list[tuple[Chain, int]]: ...
    def chains(self) -> list[Chain]: ...
    def find(self, serial: int) -> int: ...
    def lasti_in(self, code: CodeType, depth: int) -> int: ...
    def begin_run(self, record: Run) -> Any: ...
    def end_run(self, outer: Any) -> None: ...

class DepMap:
    serial: int
    owner: int
    acquisitions: int
    entry: Entry
    hint: Chain
    peer: int
    crossed: bool
    def __init__(self, name: str | LockClass | None = None) -> None: ...

class ExclusiveLock(DepMap):
    def __init__(self, name: str | LockClass | None = None, raw: Any = None) -> None: ...
    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool: ...
    def release(self) -> None: ...
    def locked(self) -> bool: ...
    def __enter__(self) -> bool: ...
    def __exit__(self, kind: object, value: object, trace: object) -> None: ...

class RecursiveLock(ExclusiveLock): ...

Hook = Callable[..., Any]

def connect(
    root: Chain | None,
    miss: Hook | None,
    judge: Hook | None,
    recursion: Hook,
    misuse: Hook,
    locate: Callable[[FrameType | None, type, Any], Entry | None],
    max_instances: int = 1024,
    patience: float = 0.1,
) -> None: ...
def constants() -> tuple[int, int, int, Entry, Chain]: ...
def deaths() -> list[tuple[int, int]]: ...
def forked() -> None: ...
def new_serial() -> int: ...
def reap() -> list[ThreadState]: ...
def retire(state: ThreadState) -> None: ...
def thread_state() -> ThreadState: ...
def threads() -> list[ThreadState]: ...
