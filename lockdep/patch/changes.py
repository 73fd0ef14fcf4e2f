"""What one installation has changed in the program, and how each change is taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Undo = Callable[[], None]


class Changes:
    """The changes of one `install`, in order; `take_back` undoes them from the last to the first.

    What cannot be removed (a wrapper under another library's patch, a hook for a module that is not imported yet) looks
    at `in_force` before it does anything.
    """

    def __init__(self) -> None:
        self.in_force: list[bool] = [True]  # emptied by take_back; functions share the list
        self._undo: list[Undo] = []

    def rebind(self, namespace: Any, name: str, value: object) -> None:
        """Set an attribute of a module or a class."""
        original = own(namespace, name)
        setattr(namespace, name, value)
        self.was_set(namespace, name, value, original)

    def undo_by(self, undo: Undo) -> None:
        """Note how something else is undone."""
        self._undo.append(undo)

    def was_set(self, namespace: Any, name: str, value: object, original: tuple[Any] | None) -> None:
        """Note that an attribute was set to `value`; before that it was `original`, or inherited if this is None.

        If somebody else has set it again when it is to be restored, it is left alone.
        """

        def restore() -> None:
            if vars(namespace).get(name) is not value:
                return
            if original is None:
                delattr(namespace, name)
            else:
                setattr(namespace, name, original[0])

        self._undo.append(restore)

    def take_back(self) -> None:
        """Undo all changes."""
        self.in_force.clear()
        while self._undo:
            self._undo.pop()()


def own(namespace: Any, name: str) -> tuple[Any] | None:
    """Return what a module or a class has under this name; None if it is inherited, as with gevent's Thread."""
    return (vars(namespace)[name],) if name in vars(namespace) else None
