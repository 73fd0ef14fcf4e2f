"""The picture of one process, as it is sent to whoever asks several processes: who holds, who waits, and locks' states.

It is JSON. Stacks are left out: the place where a thread stands is enough, and the answer stays small.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from lockdep import fastpath
from lockdep.paths import program_name
from lockdep.waits.shared import LockState, shared_locks
from lockdep.waits.views import Awaited, Held, WaitingThread
from lockdep.waits.waiting import waiting


@dataclass(frozen=True, slots=True)
class Picture:
    """One process at one moment. `run` is the directory of the run that it has begun, '' if it has begun none.

    `deadlocks` are those inside the process: names of threads, each of which waits for the next one. `locks` has the
    states of the locks that it shares with other processes and that somebody here holds, wants or has released. `main`
    is the serial of the main thread, without which the process does not end.
    """

    pid: int
    label: str
    run: str
    threads: tuple[WaitingThread, ...]
    deadlocks: tuple[tuple[str, ...], ...]
    locks: Mapping[str, LockState]
    main: int = 0

    @classmethod
    def here(cls, run: str) -> Picture:
        """Return the picture of this process. Cost: that of waiting(), and a microsecond for each shared lock."""
        seen = waiting()
        threads = tuple(replace(thread, stack=()) for thread in seen.threads)
        return cls(os.getpid(), process_name(), run, threads, seen.deadlocks, dict(states_for(threads)), main_thread())

    def dumps(self) -> str:
        """Return the picture as text."""
        import json  # a process that is not asked does not pay for it

        return json.dumps(asdict(self))

    @classmethod
    def parse(cls, text: str) -> Picture:
        """Return the picture in a text. ValueError if it is none."""
        import json

        try:
            read = json.loads(text)
            threads = tuple(map(read_thread, read["threads"]))
            locks = {identity: LockState(*state) for identity, state in read["locks"].items()}
            deadlocks = tuple(map(tuple, read["deadlocks"]))
            pid, main = int(read["pid"]), int(read["main"])
            return cls(pid, str(read["label"]), str(read["run"]), threads, deadlocks, locks, main)
        except (KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError(f"no picture of a process: {error!r}") from None


def main_thread() -> int:
    """Return the serial of the main thread, 0 if it has never used a lock of ours."""
    ident = threading.main_thread().ident
    known = [state.serial for state in fastpath.threads() if state.ident == ident]
    return next((serial for serial in known if fastpath.find_thread(serial) is not None), 0)


def states_for(threads: tuple[WaitingThread, ...]) -> Mapping[str, LockState]:
    """Return the states of the shared locks that these threads hold or want, or that others may release."""
    named = {held.shared for thread in threads for held in thread.held}
    named |= {thread.waits.shared for thread in threads if thread.waits is not None}
    states = [(lock.identity, lock.state()) for lock in shared_locks().values()]
    return {identity: state for identity, state in states if identity in named or state.crossed}


def read_thread(read: dict[str, Any]) -> WaitingThread:
    """Return a thread from a picture."""
    waits = None if read["waits"] is None else Awaited(**read["waits"])
    return WaitingThread(**{**read, "waits": waits, "held": tuple(Held(**one) for one in read["held"]), "stack": ()})


def process_name() -> str:
    """Return the name of the program, with that of the process if multiprocessing has started it."""
    module: Any = sys.modules.get("multiprocessing.process")
    name = "MainProcess" if module is None else str(module.current_process().name)
    return program_name() if name == "MainProcess" else f"{program_name()}, {name}"
