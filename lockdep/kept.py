"""What lockdep keeps in the objects of the program, as an attribute: threads, futures, events, queues, ..."""

from __future__ import annotations


class Kept:
    """A thing that is pickled and copied as None: the object that has it is pickled as it would be without lockdep."""

    __slots__ = ()

    def __reduce__(self) -> tuple[type[None], tuple[()]]:
        return type(None), ()
