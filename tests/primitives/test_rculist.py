"""RCUList and RCUDict: what readers see while the collection is changed under them."""

from __future__ import annotations

from random import Random

import pytest

from lockdep import runtime
from primitives.rcu import rcu_read_side, rcu_read_side_bh
from primitives.rculist import NON_READER, Node, RCUDict, RCUList
from tests.worlds import found


def titles() -> list[str]:
    return [finding.title for finding in runtime.findings()]


def values(numbers: RCUList[int]) -> list[int]:
    with rcu_read_side():
        return list(numbers)


def test_a_list_yields_its_values_in_order() -> None:
    numbers = RCUList([2, 3], "numbers")
    numbers.add(1)
    last = numbers.add_tail(4)
    with rcu_read_side():
        second = list(numbers.nodes())[1]
    assert numbers.remove(second) == 2
    numbers.replace(last, 5)

    assert values(numbers) == [1, 3, 5]
    assert found() == []


def test_a_reader_on_a_removed_element_continues_with_the_next() -> None:
    numbers = RCUList(range(5), "numbers")
    with rcu_read_side():
        reader = numbers.nodes()
        first = next(reader)
        second = next(reader)
        numbers.remove(first)
        numbers.remove(second)
        numbers.add(9)

        assert [node.value for node in reader] == [2, 3, 4]

    assert values(numbers) == [9, 2, 3, 4]
    assert found() == []


def test_a_reader_sees_the_old_or_the_new_element() -> None:
    numbers = RCUList([1, 2, 3], "numbers")
    with rcu_read_side():
        reader = numbers.nodes()
        here = next(reader)
        numbers.replace(here.after.read(), 20)
        numbers.replace(here, 10)
        numbers.replace(here.after.read(), 21)  # not seen: this reader is on an element that was removed

        assert [node.value for node in reader] == [20, 3]

    assert values(numbers) == [10, 21, 3]


def test_removing_an_element_twice_is_a_value_error() -> None:
    numbers = RCUList[int](name="numbers")
    node = numbers.add(1)
    numbers.remove(node)

    with pytest.raises(ValueError, match="not in the list"):
        numbers.remove(node)
    with pytest.raises(ValueError, match="not in the list"):
        numbers.replace(node, 2)
    assert values(numbers) == []


@pytest.mark.parametrize("seed", range(10))
def test_random_changes_agree_with_a_plain_list(seed: int) -> None:
    random, numbers = Random(seed), RCUList[int](name="numbers")
    plain: list[Node[int]] = []
    for number in range(200):
        at = random.randrange(len(plain)) if plain else 0
        match random.choice(["add", "add_tail", "remove", "replace"]):
            case "add":
                plain.insert(0, numbers.add(number))
            case "add_tail":
                plain.append(numbers.add_tail(number))
            case "remove" if plain:
                numbers.remove(plain.pop(at))
            case "replace" if plain:
                plain[at] = numbers.replace(plain[at], number)
        assert values(numbers) == [node.value for node in plain]


def test_a_traversal_outside_of_a_section_is_reported() -> None:
    numbers, table = RCUList([1], "numbers"), RCUDict({1: 2}, "table")
    with rcu_read_side_bh():
        assert list(numbers) == [1]
        assert dict(table) == {1: 2}
    with numbers.lock, table.lock:
        assert list(numbers) == [1]
        assert table[1] == 2
    assert titles() == []

    assert list(numbers) == [1]
    assert titles() == [NON_READER]


def test_a_dictionary_sets_removes_and_replaces_keys() -> None:
    table = RCUDict({"a": 1}, "table")
    table["b"] = 2
    table.update({"c": 3, "a": 0})
    assert table.pop("b") == 2
    del table["c"]
    with pytest.raises(KeyError):
        table.pop("c")

    with rcu_read_side():
        assert dict(table) == {"a": 0}
        assert "b" not in table
        assert table.get("b") is None
        assert len(table) == 1
    assert found() == []


def test_a_reader_of_a_dictionary_sees_one_state() -> None:
    table = RCUDict({"x": 1, "y": 1}, "table")
    with rcu_read_side():
        state, keys = table.snapshot(), iter(table)
        assert table.replace({"z": 2}) == {"x": 1, "y": 1}

        assert (state["x"], state["y"]) == (1, 1)
        assert list(keys) == ["x", "y"]
        assert table["z"] == 2


def change_list(numbers: RCUList[int]) -> None:
    """Make each change of a list once, by the form for callers that hold the lock."""
    first = numbers.add_locked(1)
    last = numbers.add_tail_locked(3)
    numbers.replace_locked(first, 2)
    assert numbers.remove_locked(last) == 3


def change_dict(table: RCUDict[str, int]) -> None:
    """Make each change of a dictionary once, by the form for callers that hold the lock."""
    table.set_locked("a", 1)
    table.update_locked({"b": 2})
    assert table.pop_locked("b") == 2
    assert table.replace_locked({"c": 3}) == {"a": 1}


def test_a_list_is_searched_and_changed_in_one_section_of_its_lock() -> None:
    numbers: RCUList[int] = RCUList(name="numbers")
    with numbers.lock:
        if 2 not in list(numbers):
            change_list(numbers)

    assert values(numbers) == [2]
    assert found() == []


def test_a_dictionary_is_searched_and_changed_in_one_section_of_its_lock() -> None:
    table: RCUDict[str, int] = RCUDict(name="table")
    with table.lock.bh():
        if "c" not in table:
            change_dict(table)

    with rcu_read_side():
        assert table == {"c": 3}
    assert found() == []


def test_a_locked_form_without_the_lock_is_reported_at_each_place_and_done() -> None:
    numbers: RCUList[int] = RCUList(name="numbers")
    table: RCUDict[str, int] = RCUDict(name="table")

    change_list(numbers)
    assert found() == ["assertion"] * 4
    change_dict(table)

    assert found() == ["assertion"] * 8
    assert values(numbers) == [2]
    with rcu_read_side():
        assert table == {"c": 3}


def test_a_refused_change_leaves_the_list_and_the_lock_as_they_were() -> None:
    numbers, table = RCUList([1], "numbers"), RCUDict({"a": 1}, "table")
    with numbers.lock:
        node = next(numbers.nodes())
        numbers.remove_locked(node)
        for refused in (lambda: numbers.remove_locked(node), lambda: numbers.replace_locked(node, 2)):
            with pytest.raises(ValueError, match="not in the list"):
                refused()
    with table.lock, pytest.raises(KeyError):
        table.pop_locked("b")

    assert values(numbers) == []
    assert not numbers.lock.locked()
    assert not table.lock.locked()
    assert found() == []
