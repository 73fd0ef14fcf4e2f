"""The parties of a barrier wait for each other, whoever of them comes last: what one holds and another one needs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from tests.patience import THREAD_LIMIT
from tests.worlds import nest, patched_world

Party = Callable[["Scene"], object]


class Scene:
    def __init__(self) -> None:
        self.lock, self.other = threading.Lock(), threading.Lock()
        self.barrier = threading.Barrier(2)

    def meet(self, first: Party, second: Party) -> None:
        """Let one party come to the barrier, and then the other one."""
        threads = [threading.Thread(target=party, args=(self,)) for party in (first, second)]
        for thread in threads:
            thread.start()
            end = time.monotonic() + THREAD_LIMIT
            while thread is threads[0] and not self.barrier.n_waiting and time.monotonic() < end:
                time.sleep(0.001)
        for thread in threads:
            thread.join(THREAD_LIMIT)
            assert not thread.is_alive()


def found(*pairs: tuple[Party, Party]) -> list[tuple[str, str]]:
    """Return slug and grade of what is found when these pairs of parties meet, one after the other."""
    with patched_world() as validator:
        scene = Scene()
        for first, second in pairs:
            scene.meet(first, second)
        findings = validator.findings()
        assert validator.failures == 0, validator.book.failure
        return [(finding.slug, finding.grade) for finding in findings]


def comes(scene: Scene) -> None:
    scene.barrier.wait()


def comes_holding(scene: Scene) -> None:
    with scene.lock:
        scene.barrier.wait()


def comes_holding_the_other(scene: Scene) -> None:
    with scene.other:
        scene.barrier.wait()


def comes_for_some_time(scene: Scene) -> None:
    with scene.lock:
        scene.barrier.wait(THREAD_LIMIT)


def takes_before(scene: Scene) -> None:
    nest(scene.lock)
    scene.barrier.wait()


def takes_after(scene: Scene) -> None:
    scene.barrier.wait()
    nest(scene.lock)


def tries_before(scene: Scene) -> None:
    assert scene.lock.acquire(blocking=False)
    scene.lock.release()
    scene.barrier.wait()


def test_a_party_that_needs_what_another_one_holds_at_the_barrier_is_found() -> None:
    assert found((takes_before, comes_holding)) == [("wait", "unmatched")]


def test_a_timeout_of_the_barrier_makes_it_a_stall() -> None:
    assert found((takes_before, comes_for_some_time)) == [("wait", "stall")]


@pytest.mark.parametrize(
    "pairs",
    [
        [(takes_before, comes)],
        [(comes, comes_holding), (comes_holding, comes)],
        [(takes_after, comes_holding), (takes_after, comes_holding)],
        [(comes_holding, takes_after)],
        [(comes_holding, comes_holding_the_other)],
        [(takes_before, comes), (comes, comes_holding)],
        [(tries_before, comes_holding)],
    ],
    ids=lambda pairs: ", ".join(f"{first.__name__}-{second.__name__}" for first, second in pairs),
)
def test_parties_that_need_nothing_of_each_other_in_one_phase_are_silent(pairs: list[tuple[Party, Party]]) -> None:
    assert found(*pairs) == []
