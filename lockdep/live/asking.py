"""Asking several processes at once: each is given the same short time, whatever the others do.

Cost: one thread for each process, at most MOST_AT_ONCE at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from lockdep.live import listen
from lockdep.live.between import Circle, Crowd, circles, lasting, stuck_threads
from lockdep.live.pictures import Picture

SECONDS = 1.0  # for a process to answer
MOST_AT_ONCE = 64
COMMAND = "picture"


@dataclass(frozen=True, slots=True)
class Answers:
    """The pictures of the processes that have answered, why others are `silent`, and those that are not there any more.

    Of these the socket is left: they were killed, or have become another program.
    """

    pictures: tuple[Picture, ...]
    silent: Mapping[int, str]
    gone: tuple[int, ...]


def ask_all(sockets: Mapping[int, str]) -> Answers:
    """Ask the processes with these numbers for their pictures, each at its socket."""
    pictures, silent, gone = [], {}, []
    with asker(len(sockets)) as ask:
        asked = {pid: ask(pid, path) for pid, path in sorted(sockets.items())}
        for pid, answer in asked.items():
            try:
                pictures.append(answer())
            except (ConnectionRefusedError, FileNotFoundError):
                gone.append(pid)
            except (OSError, ValueError) as error:
                silent[pid] = str(getattr(error, "strerror", None) or error)
    return Answers(tuple(pictures), silent, tuple(gone))


@contextmanager
def asker(count: int) -> Iterator[Callable[[int, str], Callable[[], Picture]]]:
    """Give a function that begins to ask a process, and returns a function that waits for the answer.

    A single process is asked without a thread, and without a lock: the program that asks may be a part of the run.
    """
    if count < 2:
        yield lambda pid, path: partial(ask_one, pid, path)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(min(MOST_AT_ONCE, count)) as pool:
        yield lambda pid, path: pool.submit(ask_one, pid, path).result


def ask_one(pid: int, path: str) -> Picture:
    """Return the picture of one process. OSError if it does not answer, ValueError if another process does."""
    picture = Picture.parse(listen.ask_at(path, COMMAND, SECONDS))
    if picture.pid != pid:
        raise ValueError(f"process {picture.pid} answers there")
    return picture


def deadlocks_between(first: Answers, sockets: Mapping[int, str]) -> list[Circle]:
    """Return the deadlocks that go through a lock which processes share.

    If the first answers show some, the processes are asked again, see between.py; one that does not answer then is in
    none.
    """
    before = Crowd(first.pictures)
    if not circles(before):
        return []
    suspects = {node.pid for node in stuck_threads(before)}
    again = ask_all({pid: path for pid, path in sockets.items() if pid in suspects})
    rest = [one for one in first.pictures if one.pid not in suspects]
    return list(lasting(before, Crowd([*again.pictures, *rest])))
