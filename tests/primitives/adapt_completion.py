"""Completion: a wait for it takes it, complete() gives it back."""

from primitives import Completion
from tests.primitives.contract import Adapter
from tests.stress.subjects import MakeSubject, Side, Subject, way


def done() -> Completion:
    completion = Completion()
    completion.complete()
    return completion


ADAPTERS = (
    Adapter(
        "completion",
        make=done,
        take=Completion.wait_for_completion,
        give=Completion.complete,
        try_take=Completion.try_wait_for_completion,
        timed=Completion.wait_for_completion_timeout,
        interruptible=Completion.wait_for_completion_interruptible,
        owned=False,
        event=True,
        recursion=None,
    ),
)


class Turn:
    """A critical section between a wait for a completion and the next complete()."""

    def __init__(self, completion: Completion) -> None:
        self.completion = completion

    def __enter__(self) -> None:
        self.completion.wait_for_completion()

    def __exit__(self, *_: object) -> None:
        self.completion.complete()


class GenerousCompletion(Completion):
    """Broken on purpose: every hundredth complete() lets two waiters go on."""

    __slots__ = ("completed",)

    def complete(self) -> None:
        self.completed = getattr(self, "completed", 0) + 1
        super().complete()
        if self.completed % 100 == 0:
            super().complete()


def turns(broken: bool) -> Subject:
    completion = GenerousCompletion() if broken else Completion()
    completion.complete()
    return Subject(
        Side(lambda: Turn(completion), way(completion.wait_for_completion_timeout, completion.complete)),
        interruptible=False,  # an exception between the bytecodes of Turn may lose the unit
    )


SUBJECTS: dict[str, MakeSubject] = {"completion": turns}
