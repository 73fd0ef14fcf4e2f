"""Asking several processes at once: each is given the same short time, whatever the others do.

Cost: one thread for each process, at most MOST_AT_ONCE at a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

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
    with ThreadPoolExecutor(min(MOST_AT_ONCE, max(1, len(sockets)))) as pool:
        asked = {pid: pool.submit(ask_one, pid, path) for pid, path in sorted(sockets.items())}
        for pid, answer in asked.items():
            try:
                pictures.append(answer.result())
            except (ConnectionRefusedError, FileNotFoundError):
                gone.append(pid)
            except (OSError, ValueError) as error:
                silent[pid] = str(getattr(error, "strerror", None) or error)
    return Answers(tuple(pictures), silent, tuple(gone))


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
