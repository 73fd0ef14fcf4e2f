from collections.abc import Iterable, Mapping
from types import CodeType

COMPILED: bool

def standing() -> Mapping[int, Iterable[tuple[CodeType, int]]]: ...
