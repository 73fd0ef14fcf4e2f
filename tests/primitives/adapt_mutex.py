"""Mutex."""

from lockdep.fastpath import BUILD
from primitives import Mutex
from tests.primitives.contract import Adapter
from tests.stress.subjects import MakeSubject, exclusive

OWN_QUEUE = BUILD == "compiled"  # the pure build waits in the platform's lock, which promises no order

ADAPTERS = (
    Adapter(
        "mutex",
        make=Mutex,
        take=Mutex.lock,
        give=Mutex.unlock,
        try_take=Mutex.trylock,
        timed=Mutex.lock_timeout,
        interruptible=Mutex.lock_interruptible,
        section=lambda mutex: mutex,
        fifo=OWN_QUEUE,
        drop_in=True,
    ),
)

SUBJECTS: dict[str, MakeSubject] = {"mutex": lambda broken: exclusive(Mutex, broken)}
