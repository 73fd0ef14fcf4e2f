"""Snapshot files: one JSON document with one table row per line, so that line-based tools can compare and search them.

Saving replaces the file in one step. Loading raises SnapshotError, with a message of one line, if the file is cut off,
has another version or is not a snapshot, and OSError if it cannot be opened.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from itertools import islice
from typing import NoReturn

from lockdep import __version__
from lockdep.snapshots.checked import Broken
from lockdep.snapshots.codec import FORMAT, VERSION, decode, sections
from lockdep.snapshots.records import Tables
from lockdep.snapshots.whole_files import write_whole

PIECE = 1000  # number of rows that are encoded at a time
Path = str | os.PathLike[str]


class SnapshotError(ValueError):
    """A file is not a snapshot that this version can read. The message is one line with the file and the reason."""

    __module__ = "lockdep"


def save(snapshot: Tables, path: Path) -> None:
    """Write a snapshot completely or not at all. Raises OSError if it cannot be written."""
    write_whole(path, encoded(snapshot))


def encoded(snapshot: Tables) -> Iterator[bytes]:
    """Yield the content of the file in pieces."""
    encode = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"), allow_nan=False).encode
    head = json.dumps({"format": FORMAT, "version": VERSION, "lockdep": __version__})
    yield head[:-1].encode()
    for name, rows in sections(snapshot):
        yield f',\n"{name}":['.encode()
        lines = map(encode, rows)
        before = "\n"
        while piece := ",\n".join(islice(lines, PIECE)):
            # Characters that UTF-8 cannot encode (half of a surrogate pair, from a file name) become JSON escapes.
            yield (before + piece).encode("utf-8", "backslashreplace")
            before = ",\n"
        yield b"\n]"
    yield b"}\n"


def load(path: Path) -> Tables:
    """Return the tables of the snapshot in a file."""
    with open(path, "rb") as file:
        text = file.read()
    return parse(text, os.fspath(path))


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
