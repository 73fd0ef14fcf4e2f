"""Wound/wait mutexes: uses that the API forbids are reported by the kernel's expressions."""

from collections.abc import Callable
from typing import Any

import pytest

from lockdep import runtime
from primitives import AcquireContext, WWClass, WWMutex
from tests.primitives.contract import Cast

WOUND, DIE = WWClass("wound"), WWClass("die", wait_die=True)


def titles() -> list[str]:
    return [finding.title for finding in runtime.findings()]


def warned() -> list[str]:
    return [title.removeprefix("DEBUG_LOCKS_WARN_ON(")[:-1] for title in titles()]


def stale_context(a: WWMutex, context: AcquireContext) -> None:
    a.ctx = AcquireContext(DIE)
    a.lock(context)


def after_done(a: WWMutex, context: AcquireContext) -> None:
    context.done()
    a.lock(context)


def done_twice(_: WWMutex, context: AcquireContext) -> None:
    context.done()
    context.done()


def needless_slow(a: WWMutex, context: AcquireContext) -> None:
    a.lock_slow(context)


def other_class(a: WWMutex, context: AcquireContext) -> None:
    context.ww_class = WOUND
    a.lock(context)


def counts_none(a: WWMutex, context: AcquireContext) -> None:
    a.lock(context)
    context.acquired = 0
    a.unlock()


def fini_early(_: WWMutex, context: AcquireContext) -> None:
    context.acquired = 1
    context.fini()


def other_first(a: WWMutex, context: AcquireContext) -> None:
    context.contending_lock = WWMutex(DIE)
    a.lock(context)


def nothing_unlocked(a: WWMutex, context: AcquireContext) -> None:
    context.acquired = 1
    context.contending_lock = a
    a.lock(context)


@pytest.mark.parametrize(
    ("misuse", "expression"),
    [
        (stale_context, "ww->ctx"),
        (after_done, "ww_ctx->done_acquire"),
        (done_twice, "ctx->done_acquire"),
        (needless_slow, "!ctx->contending_lock"),
        (other_class, "ww_ctx->ww_class != ww->ww_class"),
        (counts_none, "!lock->ctx->acquired"),
        (fini_early, "ctx->acquired"),
        (other_first, "ww_ctx->contending_lock != ww"),
        (nothing_unlocked, "ww_ctx->acquired > 0"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_misuse_of_the_api_is_reported(
    misuse: Callable[[WWMutex, AcquireContext], Any], expression: str, actor: Cast
) -> None:
    a, context = WWMutex(DIE), AcquireContext(DIE)

    def wrong() -> list[str]:
        context.init()
        misuse(a, context)
        expressions = warned()
        for held in (a.dep_map, context.first_lock_dep_map, context.dep_map):
            held.init()
        return expressions

    assert actor().do(wrong) == [expression]
