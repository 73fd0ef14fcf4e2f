"""Reading and writing with msgspec, where it is installed: the same results as without it, and the same refusals."""

import json
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockdep.snapshots import files
from lockdep.snapshots.snapshot import Snapshot
from tests.snapshots.snapshot_makers import seen, snapshots

pytest.importorskip("msgspec")
rows = pytest.importorskip("lockdep.snapshots.rows", reason="msgspec is too old")

pytestmark = pytest.mark.once
some = settings(max_examples=30)


def test_msgspec_is_used_for_large_files_only():
    text = seen("r", "AB").dumps().encode()
    assert type(files.parse_rows(text, "small")).__name__ == "Tables"
    large = text.replace(b'"findings":[', b'"findings":[' + b" " * files.LARGE)
    assert type(files.parse_rows(large, "large")).__name__ == "Rows"
    assert Snapshot.of(files.parse_rows(large, "large")) == seen("r", "AB")


@some
@given(snapshots(), snapshots())
def test_rows_are_merged_like_snapshots(a, b):
    first, second = map(read_fast, (a, b))
    assert Snapshot.of(first) == a
    for order in ((first, second), (a, second), (first, b)):
        assert Snapshot.merged(order) == a.merge(b)


@some
@given(st.lists(snapshots(), min_size=2, max_size=3))
def test_the_rows_of_a_merge_are_that_merge(parts):
    whole = Snapshot.merged(parts)
    assert Snapshot.of(read_fast(whole)) == whole


def read_fast(snapshot):
    """Return the rows of the file of this snapshot; itself if there is half a surrogate pair, which msgspec refuses."""
    text = files.encode_text(snapshot)
    found = rows.read_rows(text)
    assert (found is None) == (b"\\udc80" in text)
    return snapshot if found is None else found


@some
@given(snapshots())
def test_both_write_the_same(snapshot):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(files, "MANY", -1)
        fast = snapshot.dumps()
    assert json.loads(fast) == json.loads(snapshot.dumps())
    assert fast.splitlines()[0] == snapshot.dumps().splitlines()[0]
    assert len(fast.splitlines()) == len(snapshot.dumps().splitlines())


def test_what_is_not_read_as_rows_is_refused_or_read_in_the_ordinary_way():
    """Three thousand changes at random. What msgspec accepts is what the other reader accepts, with the same result."""
    random = Random(1)
    text = seen("1", "AB", "BC:SR").merge(seen("2", "CA")).dumps()
    read = 0
    for _ in range(3000):
        changed = mutated(text, random).encode("utf-8", "backslashreplace")
        found = rows.read_rows(changed)
        if found is not None:
            read += 1
            plain = files.parse(changed, "changed")
            assert Snapshot.merged((found, Snapshot())) == Snapshot.merged((plain, Snapshot()))  # both in order
    assert 100 < read < 2900


def mutated(text, random):
    """Return the text with a few characters replaced, taken out or doubled, or a number or word exchanged."""
    for _ in range(random.randint(1, 2)):
        at = random.randrange(len(text))
        character = random.choice('0123456789-.,:[]{}"eEx \\')
        put = random.choice(["", text[at] * 2, character, "null", "true", "-1", "1.0"])
        text = text[:at] + put + text[at + 1 :]
    return text
