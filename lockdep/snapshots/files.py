"""Snapshot files: one JSON document with one table row per line, so that line-based tools can compare and search them.

Large ones are read and written by msgspec where that is installed. Saving replaces the file in one step. Loading raises
SnapshotError, with a message of one line, if the file is cut off, has another version or is not a snapshot, and OSError
if it cannot be opened.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from itertools import islice
from typing import TYPE_CHECKING, Any, NoReturn

from lockdep import __version__
from lockdep.snapshots.checked import Broken
from lockdep.snapshots.codec import FORMAT, VERSION, decode, sections
from lockdep.snapshots.records import Tables
from lockdep.snapshots.whole_files import write_whole

if TYPE_CHECKING:
    from lockdep.snapshots.rows import Rows

PIECE = 100  # rows that are encoded at a time: so few that they are gone before the collector looks for them
LARGE = 1 << 20  # bytes; below that, importing msgspec takes longer than it saves
FEW = 3  # so do so many small files
MANY = 5000  # rows; so many are a MB or so
Path = str | os.PathLike[str]


class SnapshotError(ValueError):
    """A file is not a snapshot that this version can read. The message is one line with the file and the reason."""

    __module__ = "lockdep"


def save(snapshot: Tables, path: Path, *, durable: bool = True) -> None:
    """Write a snapshot completely or not at all. Raises OSError if it cannot be written.

    See write_whole for `durable`.
    """
    write_whole(path, encoded(snapshot), durable=durable)


def encoded(snapshot: Tables) -> Iterator[bytes]:
    """Yield the content of the file in pieces."""
    many = len(snapshot.classes) + len(snapshot.dependencies) + len(snapshot.chains) + len(snapshot.stats) > MANY
    encode = fast_encoder() if many else encode_lines
    head = json.dumps({"format": FORMAT, "version": VERSION, "lockdep": __version__})
    yield head[:-1].encode()
    for name, rows in sections(snapshot):
        yield f',\n"{name}":['.encode()
        left = iter(rows)
        before = b"\n"
        while piece := list(islice(left, PIECE)):
            yield before + (encode_lines(piece) if name == "runs" else encode(piece))
            before = b",\n"
        yield b"\n]"
    yield b"}\n"


def encode_text(snapshot: Tables) -> bytes:
    """Return the content of the file."""
    return b"".join(encoded(snapshot))


def encode_lines(rows: list[Any]) -> bytes:
    """Return the rows as JSON, each on a line of its own.

    Characters that UTF-8 cannot encode (half of a surrogate pair, from a file name) become JSON escapes.
    """
    return ",\n".join(map(_encode, rows)).encode("utf-8", "backslashreplace")


_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"), allow_nan=False).encode


def fast_encoder() -> Callable[[list[Any]], bytes]:
    """Return what does the same as encode_lines, sooner if msgspec is there."""
    fast = fast_rows()
    if fast is None:
        return encode_lines

    def encode(rows: list[Any]) -> bytes:
        try:
            return bytes(fast.encode_lines(rows))
        except (TypeError, ValueError, OverflowError):  # half of a surrogate pair, a number of more than 64 bits
            return encode_lines(rows)

    return encode


@cache
def fast_rows() -> Any:
    """Return the module that reads and writes with msgspec; None where that is not installed, or too old."""
    try:
        return import_module("lockdep.snapshots.rows")
    except Exception:
        return None


def load(path: Path) -> Tables | Rows:
    """Return the rows or the tables of the snapshot in a file, see parse_rows.

    What may never end (a device, a pipe) is read only if it begins as a snapshot does.
    """
    with open(path, "rb") as file:
        text = file.read(64)
        if stat.S_ISREG(os.fstat(file.fileno()).st_mode) or text.lstrip().startswith(b"{"):
            text += file.read()
    return parse_rows(text, os.fspath(path))


def parse_rows(text: bytes, name: str, *, one_of_many: bool = False) -> Tables | Rows:
    """Return the rows of a large snapshot, enough for merging it, else its tables. Errors are as of `parse`.

    A small one that is `one_of_many` counts as large: all together are.
    """
    fast = fast_rows() if one_of_many or len(text) >= LARGE else None
    found = None if fast is None else fast.read_rows(text)
    return parse(text, name) if found is None else found


def parse(text: bytes | str, name: str) -> Tables:
    """Return the tables of a snapshot from the text of its file; `name` is what errors call it."""
    try:
        data = json.loads(text, parse_constant=no_number)
    except (ValueError, RecursionError) as error:
        raise SnapshotError(f"{name}: not a snapshot: {what_is_wrong(text, error)}") from None
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise SnapshotError(f"{name}: not a snapshot: it does not say that its format is {FORMAT!r}")
    if data.get("version") != VERSION:
        raise SnapshotError(
            f"{name}: version {data.get('version')!r:.20} of the format, written by lockdep"
            f" {data.get('lockdep')!s:.20}; lockdep {__version__} reads version {VERSION}"
        )
    try:
        return decode(data)
    except Broken as error:
        raise SnapshotError(f"{name}: broken: {' '.join(str(error).split())}") from None


def what_is_wrong(text: bytes | str, error: Exception) -> str:
    """Say in a few words why a text is no JSON document."""
    if not text.strip():
        return "the file is empty"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    at_its_end = isinstance(error, json.JSONDecodeError) and error.pos >= len(error.doc.rstrip())
    if at_its_end or text.rstrip()[-1:] not in (b"}", "}"):
        return f"the file is cut off, or no JSON ({len(text)} bytes)"
    return f"no JSON ({str(error).splitlines()[0]:.120})"


def no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number in JSON")
