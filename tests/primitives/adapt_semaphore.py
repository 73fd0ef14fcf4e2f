"""Semaphore, with one unit and with several."""

from primitives import Semaphore
from tests.primitives.contract import Adapter
from tests.stress.subjects import MakeSubject, Side, Subject, way


def of_two() -> Semaphore:
    return Semaphore(2)


def take_both(semaphore: Semaphore) -> None:
    semaphore.down()
    semaphore.down()


def give_both(semaphore: Semaphore) -> None:
    semaphore.up()
    semaphore.up()


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
)


def counting(broken: bool, count: int = 1) -> Subject:
    """Return a subject for a semaphore with `count` units. The broken variant has one unit too many."""
    semaphore = Semaphore(count)
    if broken:
        semaphore.up()
    return Subject(Side(lambda: semaphore, way(semaphore.down_timeout, semaphore.up)), room=count)


SUBJECTS: dict[str, MakeSubject] = {
    "semaphore": counting,
    "semaphore-of-three": lambda broken: counting(broken, 3),
}
