"""Semaphore, with one unit and with several; Completion, taken by waiting for it and given by completing it."""

from primitives import Completion, Semaphore
from tests.primitives.contract import Adapter


def of_two() -> Semaphore:
    return Semaphore(2)


def take_both(semaphore: Semaphore) -> None:
    semaphore.down()
    semaphore.down()


def give_both(semaphore: Semaphore) -> None:
    semaphore.up()
    semaphore.up()


def done() -> Completion:
    completion = Completion()
    completion.complete()
    return completion


ADAPTERS = (
    Adapter(
        "semaphore",
        make=Semaphore,
        take=Semaphore.down,
        give=Semaphore.up,
        try_take=Semaphore.down_trylock,
        timed=Semaphore.down_timeout,
        interruptible=Semaphore.down_interruptible,
        section=lambda semaphore: semaphore,
        owned=False,
        recursion=None,
        drop_in=True,
    ),
    Adapter(
        "semaphore-of-two",
        make=of_two,
        take=Semaphore.down,
        give=Semaphore.up,
        try_take=Semaphore.down_trylock,
        timed=Semaphore.down_timeout,
        interruptible=Semaphore.down_interruptible,
        section=lambda semaphore: semaphore,
        block=take_both,
        unblock=give_both,
        owned=False,
        shared=True,
        recursion=None,
    ),
    Adapter(
        "completion",
        make=done,
        take=Completion.wait_for_completion,
        give=Completion.complete,
        try_take=Completion.try_wait_for_completion,
        timed=Completion.wait_for_completion_timeout,
        interruptible=Completion.wait_for_completion_interruptible,
        owned=False,
        recursion=None,
    ),
)
