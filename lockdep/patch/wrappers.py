"""Wrappers of methods, made with wrapt, and hooks that run after a module was imported.

Importing this module imports wrapt, so it is imported late: after threading's names have been replaced, and when the
first wrapper is needed. wrapt 2.5.2 brings 137 further modules (asyncio, ssl, logging, concurrent.futures, ...) and
takes about 100 ms of processor time; 2.1 brings 86 and takes about 65 ms; 1.17 brings 20 and takes about 11 ms.

A wrapped method behaves like the function under it: signature, name, documentation, pickling and copying of the bound
method. A call costs about 0.9 us more than without the
wrapper.
"""

from __future__ import annotations

import copy
import functools
import os
import sys
from collections.abc import Callable
from types import MethodType, ModuleType
from typing import Any

import wrapt

from lockdep import runtime, trace
from lockdep.patch.changes import Changes, own

Follow = Callable[[Callable[..., Any], Any, tuple[Any, ...], dict[str, Any]], Any]  # (wrapped, instance, args, kwargs)

# Where wrapt has no C extension, the functions in this file of it stand between the program and threading.
trace.hide(os.path.join(os.path.dirname(wrapt.__file__), "wrappers.py"))


class _BoundMethod(wrapt.BoundFunctionWrapper):  # type: ignore[type-arg]  # no generic class before wrapt 2
    """A wrapped method of one object, or of none where it was looked up on the class."""

    def __reduce_ex__(self, protocol: object) -> tuple[Any, ...]:
        """Pickle as a plain method does: by the object and the name."""
        if self._self_instance is None:
            return self._self_parent.__reduce_ex__(protocol)  # type: ignore[no-any-return]
        return getattr, (self._self_instance, self.__name__)

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if self._self_instance is None:
            return self
        return getattr(copy.deepcopy(self._self_instance, memo), self.__name__)


class _Wrapper(wrapt.FunctionWrapper):  # type: ignore[type-arg]
    """A function, or a method as it stands in its class."""

    __bound_function_wrapper__ = _BoundMethod
    _self_unbound: Any = None

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        """Bind the method. Looked up on the class it is always the same object, by which picklers recognise it."""
        if instance is not None:
            return super().__get__(instance, owner)
        if self._self_unbound is None:
            self._self_unbound = super().__get__(None, owner)
        return self._self_unbound

    def __reduce_ex__(self, protocol: object) -> tuple[Any, ...]:
        """Pickle by the place it was defined in, as a plain function does."""
        owner, _, name = self.__qualname__.rpartition(".")
        return getattr, (vars(sys.modules[self.__module__])[owner], name)

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return self


def wrap(changes: Changes, owner: Any, name: str, follow: Follow) -> None:
    """Call `follow` in place of a method of a class, or of a function of a module, until `changes` are taken back."""
    original = own(owner, name)
    wrapper = wrapt.wrap_object(owner, name, _Wrapper, (follow, changes.in_force))
    changes.was_set(owner, name, wrapper, original)


def replace(changes: Changes, owner: Any, name: str, follow: Follow) -> None:
    """Do the same for a method that is called often, by a plain function: a call costs 0.2 us more than without it."""
    original, in_force = getattr(owner, name), changes.in_force

    @functools.wraps(original)
    def method(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        if not in_force:
            return original(self, *args, **kwargs)
        return follow(MethodType(original, self), self, args, kwargs)

    changes.rebind(owner, name, method)


_hooks: dict[str, list[tuple[Changes, Callable[[Changes, ModuleType], None]]]] = {}
_registered: set[str] = set()


def after_import(changes: Changes, name: str, patch: Callable[[Changes, ModuleType], None]) -> None:
    """Call `patch` with the module of this name: now if it is imported, else right after it has been.

    wrapt cannot forget a hook, so each name is registered with it once in the life of the process. What the hook finds
    here is the last installation's: what was taken back is left out.
    """
    module = sys.modules.get(name)
    if module is not None:
        patch(changes, module)
        return
    _hooks[name] = [hook for hook in _hooks.get(name, ()) if hook[0].in_force]
    _hooks[name].append((changes, patch))
    if name not in _registered:
        _registered.add(name)
        wrapt.register_post_import_hook(_imported, name)


def _imported(module: ModuleType) -> None:
    for changes, patch in _hooks.pop(module.__name__):
        try:
            if changes.in_force:
                patch(changes, module)
        except Exception as error:  # it would come out of the program's import statement
            runtime.write_note(f"waits for {module.__name__} are not followed: {error!r}")
