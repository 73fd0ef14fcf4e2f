from types import CodeType
from typing import Any

from lockdep.fastpath._chain import Chain
from lockdep.fastpath.hooks import RunCourse

COMPILED: bool

Steps = list[tuple[CodeType, int]]

class Sighting:
    chain: Chain
    base: Chain
    serial: int
    again: bool
    retaken: bool
    crossed: int
    other: int
    context: Any
    run: RunCourse | None
    root: Chain
    thread: int
    stamp: int
    fresh: int
    ident: int
    def stack(self) -> Steps: ...
    def held(self) -> list[tuple[Chain, int, Steps]]: ...
