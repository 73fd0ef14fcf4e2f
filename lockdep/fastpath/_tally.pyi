from typing import Any, TypeAlias

COMPILED: bool

_Times: TypeAlias = tuple[int, int, int, int, list[tuple[int, int]]]

class Tally:
    lock_class: Any  # the class that the hooks gave to Entry; None: not tracked
    read: bool
    number: int
    count: int
    bounced: int
    contended: int
    contended_bounces: int
    timeouts: int
    def times(self) -> tuple[_Times, _Times]: ...

def tallies() -> list[Tally]: ...
def counted_by_ended() -> list[tuple[int, int]]: ...
def trace_names() -> dict[int, str]: ...
def trace_events(capacity: int) -> list[tuple[int, int, int, int, int]]: ...
