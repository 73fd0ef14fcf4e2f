"""Which loops wait again and again, whatever times out, and which of them end or do other work."""

from __future__ import annotations

import ast
import dis
import queue
from collections.abc import Callable
from typing import Any

import pytest

from lockdep.waits.retries import Case, loops


def nothing_else(lock, event):
    with lock:
        while not event.wait(1):
            pass


def breaks_when_it_comes(event):
    while True:
        if event.wait(1):
            break


def returns_when_it_comes(self):
    while True:
        if self.event.wait(timeout=1):
            return 5


def keeps_the_answer(event):
    while True:
        came = event.wait(1)
        if came:
            break


def has_no_limit(event, limit=None):
    while True:
        if event.wait(1):
            break
        if limit is not None:
            limit -= 1
            if limit < 0:
                raise ValueError


def goes_on_when_empty(lock, jobs):
    with lock:
        while True:
            try:
                job = jobs.wait(timeout=1)
                break
            except queue.Empty:
                continue
    return job


def returns_the_item(lock, jobs):
    with lock:
        while True:
            try:
                return jobs.wait(timeout=1)
            except queue.Empty:
                pass


def waits_once(lock, event):
    with lock:
        event.wait(1)


def returns_the_answer(event):
    return event.wait(1)


def tries_three_times(event):
    for _ in range(3):
        if event.wait(1):
            break


def calls_something(event):
    while not event.wait(1):
        print("still waiting")


def asks_something_else(self, event):
    while not event.wait(1):
        if self.stopped:
            return


def waits_for_either(self, event):
    while not (event.wait(1) or self.stopped):
        pass


def asks_something_else_only(self, condition):
    while not self.ready:
        condition.wait(1)


def counts(event):
    tries = 0
    while not event.wait(1):
        tries += 1
        if tries > 3:
            raise ValueError


def releases_the_lock(lock, event):
    while True:
        with lock:
            if event.wait(1):
                break


def forgets_the_answer(self, event):
    while True:
        came = event.wait(1)
        came = self.stopped
        if came:
            break


def catches_something_else(lock, jobs):
    with lock:
        while True:
            try:
                return jobs.wait(timeout=1)
            except KeyError:
                pass


def catches_nothing(lock, jobs):
    with lock:
        return jobs.wait(timeout=1)


FOR_EVER = [nothing_else, breaks_when_it_comes, returns_when_it_comes, keeps_the_answer]
UNTIL_LATER = [
    waits_once, returns_the_answer, tries_three_times, calls_something, asks_something_else, waits_for_either,
    asks_something_else_only, counts, releases_the_lock, forgets_the_answer, has_no_limit,
]  # fmt: skip


def waits_again(function: Callable[..., Any], error: str = "", *nones: str) -> bool:
    """Return whether a function waits for ever; its wait is the first call of a method of this name."""
    steps = list(dis.get_instructions(function))
    name = next(index for index, step in enumerate(steps) if step.argval == "wait")
    call = next(step for step in steps[name:] if step.opname.startswith("CALL"))
    return loops(function.__code__, Case(call.offset, error, frozenset(nones)))


@pytest.mark.parametrize("function", FOR_EVER)
def test_a_loop_that_only_waits_never_gives_up(function: Callable[..., Any]) -> None:
    assert waits_again(function)


@pytest.mark.parametrize("function", UNTIL_LATER)
def test_a_loop_that_may_end_or_does_other_work_gives_up(function: Callable[..., Any]) -> None:
    assert not waits_again(function)


def test_a_limit_that_is_none_is_no_limit() -> None:
    assert waits_again(has_no_limit, "", "limit")


def test_a_loop_that_catches_the_timeout_never_gives_up() -> None:
    assert waits_again(goes_on_when_empty, "Empty")
    assert waits_again(returns_the_item, "Empty")


def test_a_loop_that_does_not_catch_the_timeout_gives_up() -> None:
    assert not waits_again(catches_something_else, "Empty")
    assert not waits_again(catches_nothing, "Empty")
    assert not waits_again(returns_the_item, "Full")


@pytest.mark.parametrize(("body", "endless"), [("pass", True), ("event.clear()", False)])
def test_a_loop_on_one_line_may_have_a_copy_of_its_call_right_behind_it(body: str, endless: bool) -> None:
    names: dict[str, Any] = {}
    loop = f"while not event.wait(timeout=1): {body}"
    exec(f"def waits(lock, event):\n    with lock:\n        {loop}\n        event.set()\n", names)

    assert waits_again(names["waits"]) is endless


def test_another_call_at_the_same_position_is_no_repetition() -> None:
    """So pytest rewrites the assertion that a wait has succeeded."""
    tree = ast.parse("def asserts(event):\n    if not event.wait(1):\n        event.fail(1)\n")
    condition = next(node for node in ast.walk(tree) if isinstance(node, ast.Call))
    for node in ast.walk(tree.body[0]):
        if hasattr(node, "lineno"):
            ast.copy_location(node, condition)
    names: dict[str, Any] = {}
    exec(compile(tree, "rewritten.py", "exec"), names)

    assert not waits_again(names["asserts"])
