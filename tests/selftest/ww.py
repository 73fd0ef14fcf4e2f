"""Wound/wait mutexes of the wait-die kind (the younger context backs off): contexts, and the mutexes taken in them.

A context holds two maps from init to fini: one of its own class, and under it one of the class of the mutexes, so that
every mutex taken in the context is a nested one. Misuse is reported with the text of the condition that does not hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.selftest.drivers import Driver, Exclusive

if TYPE_CHECKING:
    from tests.selftest.scene import Scene

POISON = object()
DEFAULT = "ww_lockdep"


def ww_class_of(class_name: str) -> str:
    return class_name.removesuffix("_mutex").removesuffix("_acquire")


class WWContext(Driver):
    """An acquire context. Unlike a lock, it is only ever used as a nest lock."""

    def __init__(self, scene: Scene, kind: str, class_name: str) -> None:
        super().__init__(scene, kind, class_name)
        self.ww_class: object = ww_class_of(class_name)
        self.dummy = scene.world.make_map("ww_mutex", f"{self.ww_class}_mutex")
        self.stamp = self.acquired = 0
        self.done = False
        self.contending: WWMutex | None = None

    def warn_on(self, wrong: object, expression: str) -> None:
        if wrong:
            self.scene.world.misuse(expression)

    def ww_acquire_init(self) -> None:
        self.scene.stamps += 1
        self.stamp, self.acquired, self.done, self.contending = self.scene.stamps, 0, False, None
        self.map.init()
        self.dummy.init()
        self.map.take()
        self.dummy.take(nest=self.map)

    def ww_acquire_done(self) -> None:
        self.map.assert_held()
        self.warn_on(self.done, "ctx->done_acquire")
        self.done = True

    def ww_acquire_fini(self) -> None:
        self.dummy.release()
        self.map.release()
        self.warn_on(self.acquired, "ctx->acquired")

    def ctx_copy(self, source: WWContext, stamp_delta: int = 0) -> None:
        self.ww_class, self.acquired, self.done = source.ww_class, source.acquired, source.done
        self.contending, self.stamp = source.contending, source.stamp + stamp_delta

    def ctx_stamp_add(self, delta: int) -> None:
        self.stamp += delta

    def set_ctx_class(self, ww_class: object = None) -> None:
        self.ww_class = ww_class

    def set_ctx_acquired(self, acquired: int) -> None:
        self.acquired = acquired


class WWMutex(Exclusive):
    """A mutex that may be taken in a context. `context` is the one that holds it, or one that the case sets."""

    def __init__(self, scene: Scene, kind: str, class_name: str) -> None:
        super().__init__(scene, kind, class_name)
        self.ww_class = ww_class_of(class_name)
        self.context: object = None

    def set_lock_ctx(self, context: object) -> None:
        self.context = context

    def ww_lock(self, context: WWContext | None) -> int | str:
        if context is None:
            self.take()
            return 0
        if context is self.context:
            return "-EALREADY"
        if self.writers and self._must_back_off(context):
            return self._back_off(context)
        self.take(nest=context)
        self._had(context)
        return 0

    def ww_lock_slow(self, context: WWContext) -> int | str:
        context.warn_on(context.contending is None, "!ctx->contending_lock")
        return self.ww_lock(context)

    def ww_trylock(self, context: WWContext | None = None) -> bool:
        had = self.trylock()
        if had and context is not None:
            self._had(context)
        return had

    def ww_unlock(self) -> None:
        if isinstance(self.context, WWContext):
            self.context.warn_on(not self.context.acquired, "!lock->ctx->acquired")
            self.context.acquired = max(self.context.acquired - 1, 0)
        self.context = None
        self.unlock()

    def _must_back_off(self, context: WWContext) -> bool:
        other = self.context
        return bool(context.acquired) and isinstance(other, WWContext) and context.stamp > other.stamp

    def _back_off(self, context: WWContext) -> str:
        """Refuse a younger context that holds something; annotate the attempt unless this thread holds the map."""
        if not self.map.is_held():
            self.map.take(nest=context.map, had=False)
        context.warn_on(context.contending, "ww_ctx->contending_lock")
        context.contending = self
        return "-EDEADLK"

    def _had(self, context: WWContext) -> None:
        context.warn_on(self.context, "ww->ctx")
        context.warn_on(context.done, "ww_ctx->done_acquire")
        if context.contending is not None:
            context.warn_on(context.contending is not self, "ww_ctx->contending_lock != ww")
            context.warn_on(context.acquired, "ww_ctx->acquired > 0")
            context.contending = None
        context.warn_on(context.ww_class != self.ww_class, "ww_ctx->ww_class != ww->ww_class")
        context.acquired += 1
        self.context = context

    ww_base_lock, ww_base_unlock = Exclusive.lock, Exclusive.unlock
    ww_base_trylock, ww_base_lock_nest = Exclusive.trylock, Exclusive.lock_nest
