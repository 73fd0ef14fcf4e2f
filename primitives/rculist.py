"""RCUList and RCUDict: collections that are read without a lock while a writer changes them.

Readers must be in an RCU section of any flavour; a traversal outside of one is reported. Each collection has a
SpinLock, `lock`, that its changing methods take, so writers exclude each other; they never wait for readers. A removed
value is returned: pass it to call_rcu, or wait with synchronize_rcu, before tearing it down.

A writer that must look before it changes takes the lock itself, and calls the methods that end in `_locked`:

    with table.lock:                          nobody else can insert the key between the look and the change
        if key not in table:
            table.set_locked(key, value)

There is one for each changing method; `d[k] = v` and `del d[k]` are `set_locked` and `pop_locked`. They change the
collection without taking the lock. One that is called without the lock is a finding (lockdep.assert_held), and makes
its change all the same. The methods without the suffix take the lock, so under it they raise DeadlockError. A lock that
softirqs or interrupts take as well is taken by its own variants, such as `with table.lock.bh():`.

A reader of an RCUList sees each element exactly once that is in the list all the time, whatever is added and removed
around it. A reader that has reached an element goes on from there even if it is removed. A reader of an RCUDict sees
one state of the whole dictionary.

Cost: changing an RCUList takes the same time at any length. Changing an RCUDict copies it, so it suits data that is
read often and changed seldom.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Generic, TypeVar

from lockdep.annotations import is_held
from lockdep.assertions import assert_held
from primitives._report import suspicious
from primitives.rcu import RCUPointer, rcu_read_lock_any_held
from primitives.spinlock import SpinLock

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")
NON_READER = "RCU-list traversed in non-reader section!!"


def check_reader(lock: SpinLock) -> None:
    """Report a reader that neither a section nor the writers' lock protects."""
    if not rcu_read_lock_any_held() and not is_held(lock):
        suspicious(NON_READER)


class Node(Generic[T]):
    """One element of an RCUList. A removed one keeps its `after`, for readers that have reached it."""

    __slots__ = ("after", "before", "linked", "value")

    def __init__(self, value: T) -> None:
        self.value: T = value
        self.after: RCUPointer[Node[T]] = RCUPointer(self)
        self.before: Node[T] = self  # for writers alone
        self.linked: bool = False


class RCUList(Generic[T]):
    """A linked list (kernel: list_add_rcu and its relatives).

    Invariant under the lock: the `after` links form a ring through `_head`, and the `before` links are their reverse.
    """

    def __init__(self, values: Iterable[T] = (), name: str | None = None) -> None:
        self.lock: SpinLock = SpinLock(name)
        self._head: Node[Any] = Node(None)
        for value in values:
            self.add_tail(value)

    def __iter__(self) -> Iterator[T]:
        return (node.value for node in self.nodes())

    def nodes(self) -> Iterator[Node[T]]:
        """Yield the elements in order, for a caller that removes or replaces one."""
        node = self._head
        while True:
            check_reader(self.lock)
            node = node.after.read()
            if node is self._head:
                return
            yield node

    def add(self, value: T) -> Node[T]:
        """Add a value at the front; return its element."""
        with self.lock:
            return self._insert(value, self._head)

    def add_locked(self, value: T) -> Node[T]:
        """Like add, for a caller that holds the lock."""
        assert_held(self.lock)
        return self._insert(value, self._head)

    def add_tail(self, value: T) -> Node[T]:
        """Add a value at the end; return its element."""
        with self.lock:
            return self._insert(value, self._head.before)

    def add_tail_locked(self, value: T) -> Node[T]:
        """Like add_tail, for a caller that holds the lock."""
        assert_held(self.lock)
        return self._insert(value, self._head.before)

    def remove(self, node: Node[T]) -> T:
        """Remove an element; return its value, which readers may still use. ValueError if it was removed already."""
        with self.lock:
            return self._unlink(node)

    def remove_locked(self, node: Node[T]) -> T:
        """Like remove, for a caller that holds the lock."""
        assert_held(self.lock)
        return self._unlink(node)

    def replace(self, node: Node[T], value: T) -> Node[T]:
        """Replace an element by a new one, which is returned. Readers see either the old or the new one.

        ValueError if it was removed already.
        """
        with self.lock:
            return self._exchange(node, value)

    def replace_locked(self, node: Node[T], value: T) -> Node[T]:
        """Like replace, for a caller that holds the lock."""
        assert_held(self.lock)
        return self._exchange(node, value)

    def _insert(self, value: T, before: Node[T]) -> Node[T]:
        node = Node(value)
        after = before.after.read()
        node.after.set(after)
        node.before = before
        node.linked = True
        after.before = node
        before.after.set(node)  # from here on readers see it
        return node

    def _unlink(self, node: Node[T]) -> T:
        self._check_linked(node)
        after = node.after.read()
        after.before = node.before
        node.before.after.set(after)
        node.linked = False
        return node.value

    def _exchange(self, node: Node[T], value: T) -> Node[T]:
        self._check_linked(node)
        new = Node(value)
        after = node.after.read()
        new.after.set(after)
        new.before = node.before
        new.linked = True
        after.before = new
        node.before.after.set(new)
        node.linked = False
        return new

    def _check_linked(self, node: Node[T]) -> None:
        if not node.linked:
            raise ValueError("the element is not in the list")


class RCUDict(Mapping[K, V]):
    """A dictionary that is copied when it is changed."""

    def __init__(self, items: Mapping[K, V] | Iterable[tuple[K, V]] = (), name: str | None = None) -> None:
        self.lock: SpinLock = SpinLock(name)
        self._state: RCUPointer[dict[K, V]] = RCUPointer(dict(items))

    def __getitem__(self, key: K) -> V:
        check_reader(self.lock)
        return self._state.read()[key]

    def __iter__(self) -> Iterator[K]:
        check_reader(self.lock)
        return iter(self._state.read())

    def __len__(self) -> int:
        check_reader(self.lock)
        return len(self._state.read())

    def snapshot(self) -> Mapping[K, V]:
        """Return the present state, for several look-ups that must be consistent. It must not be changed."""
        check_reader(self.lock)
        return self._state.read()

    def __setitem__(self, key: K, value: V) -> None:
        self.update({key: value})

    def __delitem__(self, key: K) -> None:
        self.pop(key)

    def set_locked(self, key: K, value: V) -> None:
        """Set a key, for a caller that holds the lock."""
        self.update_locked({key: value})

    def update(self, items: Mapping[K, V]) -> None:
        """Set several keys in one step."""
        with self.lock:
            self._merge(items)

    def update_locked(self, items: Mapping[K, V]) -> None:
        """Like update, for a caller that holds the lock."""
        assert_held(self.lock)
        self._merge(items)

    def pop(self, key: K) -> V:
        """Remove a key; return its value, which readers may still use. KeyError if it is not there."""
        with self.lock:
            return self._remove(key)

    def pop_locked(self, key: K) -> V:
        """Like pop, for a caller that holds the lock."""
        assert_held(self.lock)
        return self._remove(key)

    def replace(self, items: Mapping[K, V] | Iterable[tuple[K, V]]) -> Mapping[K, V]:
        """Replace the whole contents; return the old ones."""
        new = dict(items)
        with self.lock:
            return self._state.xchg(new)

    def replace_locked(self, items: Mapping[K, V] | Iterable[tuple[K, V]]) -> Mapping[K, V]:
        """Like replace, for a caller that holds the lock."""
        assert_held(self.lock)
        return self._state.xchg(dict(items))

    def _merge(self, items: Mapping[K, V]) -> None:
        self._state.set({**self._state.read(), **items})

    def _remove(self, key: K) -> V:
        new = dict(self._state.read())
        value = new.pop(key)
        self._state.set(new)
        return value
