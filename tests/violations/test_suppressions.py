"""Suppressions: which findings an entry matches, and the errors for wrong entries."""

from types import SimpleNamespace

import pytest

from lockdep.config import OptionError
from lockdep.violations.suppressions import Suppression, SuppressionList

A = "kafka/client_async.py:221 self._lock"
B = "kafka/coordinator/base.py:140 self._lock"
C = "app.py:9 locks[0]"


def finding(slug="circular", dependencies=((A, B), (B, C), (C, A)), classes=(A, B, C)):
    return SimpleNamespace(slug=slug, id="bf9b27b77a45", dependencies=dependencies, classes=classes)


@pytest.mark.parametrize(
    "text",
    [
        "circular: kafka/client_async.py:221 -> kafka/coordinator/*",
        "circular: kafka/client_async.py:221 -> kafka/coordinator/*  # why",
        "circular:kafka/* -> *",
        f"circular: {A} -> {B}",
        "*: kafka/client_async.py:* -> *  # accepted: see the notes",
        f"  circular :  {B}   ->   {C}  ",
        "circular: app.py:9",
        "circular: app.py:*",
        f"*: {C}",
        "circular: *_lock",
        "circular: app.py",
        "circular: kafka/coordinator/base.py self._lock -> app.py",
        f"circular: {A} -> {B} -> {C}",
        "circular: app.py:* -> kafka/client_async.py -> kafka/coordinator/*  # around the end of the cycle",
        f"circular: {A} -> {B} -> {C} -> {A}",
        "bf9b27b77a45",
        "bf9b27b77a45  # agreed",
    ],
)
def test_an_entry_matches_the_finding(text):
    assert Suppression.parse(text).matches(finding())


@pytest.mark.parametrize(
    "text",
    [
        "recursive: *",
        "circular: kafka/coordinator/* -> kafka/client_async.py:221",  # the finding has no dependency in this direction
        "circular: kafka/client_async.py:22 -> *",  # only the beginning of a place
        "circular: app",
        "circular: ap.py self._lock",
        f"circular: {A} -> {C} -> {B}",
        f"circular: {A} -> {B} -> {C} -> {A} -> {B}",
        "bf9b27b77a46",
        "circular: KAFKA/*",
        "circular: kafka/client_async.py:221 -> app.py:9",
    ],
)
def test_an_entry_does_not_match_the_finding(text):
    assert not Suppression.parse(text).matches(finding())


def test_a_dependency_is_matched_as_a_pair():
    """Both patterns match classes of the finding, but not those of one dependency."""
    assert not Suppression.parse("circular: a -> d").matches(finding(dependencies=(("a", "b"), ("c", "d"))))


def test_a_pattern_of_classes_matches_a_finding_without_dependencies():
    assert Suppression.parse("recursive: a.py:1").matches(finding("recursive", (), ("a.py:1 lock",)))
    assert not Suppression.parse("recursive: * -> *").matches(finding("recursive", (), ("a.py:1 lock",)))


def test_the_reason_of_an_entry_is_kept():
    entry = Suppression.parse("circular: a#1 -> b  # because # of that")
    assert (entry.names, entry.reason) == (("a#1", "b"), "because # of that")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# only a reason",
        "circular",
        "circular:",
        "circular:   # why",
        "circular: a -> ",
        "circular: -> b",
        "circular: a -> -> c",
        ": a -> b",
        "two words: a",
        "Circular: a",
        "cir*: a",
    ],
)
def test_the_error_for_a_wrong_entry_quotes_it(text):
    with pytest.raises(OptionError, match=r"^suppress '.*': ") as caught:
        Suppression.parse(text)
    assert repr(text) in str(caught.value)


def test_a_list_counts_matches_and_names_unused_entries():
    used, unused, both = "circular: app.py:9", "recursive: *", "*: kafka/* -> *"
    entries = SuppressionList([used, unused, both])
    assert entries.find(finding()).text == used
    assert entries.find(finding(slug="join")).text == both
    assert entries.find(finding("release", (), ("x",))) is None
    assert [(entry.text, count) for entry, count in entries.counts()] == [(used, 1), (unused, 0), (both, 2)]
    assert [entry.text for entry in entries.unused()] == [unused]


def test_an_empty_list_suppresses_nothing():
    entries = SuppressionList()
    assert entries.find(finding()) is None
    assert (len(entries), entries.unused()) == (0, ())


def test_a_list_refuses_a_wrong_entry():
    with pytest.raises(OptionError, match="suppress 'nonsense'"):
        SuppressionList(["circular: a", "nonsense"])
