"""Proxies of containers that are used under a lock only; see guarding.py. Importing this module imports wrapt."""

from __future__ import annotations

import copy
import operator
from collections.abc import Callable
from typing import Any

import wrapt

OPERATIONS = (
    "__add__", "__and__", "__bool__", "__contains__", "__delitem__", "__eq__", "__ge__", "__getitem__", "__gt__",
    "__iadd__", "__iand__", "__imul__", "__ior__", "__isub__", "__iter__", "__ixor__", "__le__", "__len__", "__lt__",
    "__mul__", "__ne__", "__or__", "__repr__", "__reversed__", "__setitem__", "__str__", "__sub__", "__xor__",
)  # fmt: skip
REFLECTED: dict[str, Callable[[Any, Any], Any]] = {  # where the proxy is the right operand
    "__radd__": operator.add, "__rand__": operator.and_, "__rmul__": operator.mul, "__ror__": operator.or_,
    "__rsub__": operator.sub, "__rxor__": operator.xor,
}  # fmt: skip


class Contents(wrapt.ObjectProxy):  # type: ignore[misc, type-arg, unused-ignore]
    """A container that is checked at each use. Pickled or copied, it is the plain container."""

    def __init__(self, container: Any, check: Callable[[], None]) -> None:
        super().__init__(container)
        self._self_check = check
        self._self_plain = container

    def __getattr__(self, name: str) -> Any:
        self._self_check()
        return getattr(self._self_plain, name)

    def __copy__(self) -> Any:
        self._self_check()
        return copy.copy(self._self_plain)

    def __deepcopy__(self, memo: Any) -> Any:
        self._self_check()
        return copy.deepcopy(self._self_plain, memo)

    def __reduce_ex__(self, protocol: Any) -> Any:
        self._self_check()
        return self._self_plain.__reduce_ex__(protocol)


def operation(name: str) -> Callable[..., Any]:
    """Return an operation of the container that checks first. One that is done in place gives the proxy again."""

    def operate(self: Any, *args: Any) -> Any:
        self._self_check()
        if name == "__bool__":
            return bool(self._self_plain)
        method = getattr(self._self_plain, name, None)
        if method is None:
            return NotImplemented
        answer = method(*[getattr(one, "_self_plain", one) for one in args])
        return self if answer is self._self_plain else answer

    return operate


def reflected(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Return the operation of a proxy on the right of something else."""

    def operate(self: Any, left: Any) -> Any:
        self._self_check()
        return function(left, self._self_plain)

    return operate


for _name in OPERATIONS:
    setattr(Contents, _name, operation(_name))
for _name, _function in REFLECTED.items():
    setattr(Contents, _name, reflected(_function))
