"""What `lockdep report` and `lockdep baseline` read: snapshot files, or the parts of a store that are asked for."""

import argparse
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lockdep.cli.command_line import UsageError, say
from lockdep.cli.files import merged, with_progress

if TYPE_CHECKING:
    from lockdep.snapshots.snapshot import Snapshot
    from lockdep.store.fleet import Fleet

CHOICE = ("project", "since", "version", "host")
AGO = re.compile(r"(\d{1,5})([mhd])")
UNITS = {"m": 60, "h": 3600, "d": 86400}


def add_sources(parser: argparse.ArgumentParser) -> None:
    """Add the arguments for the files, and the options for a store."""
    parser.add_argument("files", nargs="*", metavar="FILE", help="a snapshot file; several are merged")
    parser.add_argument("--store", metavar="URL", help="read from this store (see `lockdep push`), not from files")
    parser.add_argument("--project", metavar="NAME", help="of a store: this project; needed if it has several")
    parser.add_argument(
        "--since", type=moment, metavar="WHEN", help="of a store: only what was taken since then: 2026-12-31, 7d, 12h"
    )
    parser.add_argument("--version", metavar="TEXT", help="of a store: only what this version of the project has seen")
    parser.add_argument("--host", metavar="NAME", help="of a store: only what was seen on this host")


def read_sources(parsed: argparse.Namespace) -> "tuple[Snapshot, Fleet | None]":
    """Return the merge of what is asked for, and its origins if that is a store. UsageError if nothing is."""
    if parsed.store is None:
        if any(getattr(parsed, name) is not None for name in CHOICE):
            raise UsageError("--project, --since, --version and --host choose from a store: name it with --store URL")
        if not parsed.files:
            raise UsageError("nothing to read: name a FILE, or a store with --store URL")
        return merged(parsed.files), None
    if parsed.files:
        raise UsageError("name files or --store URL, not both: `lockdep push` puts files into a store")
    fleet = read_store(parsed)
    return fleet.snapshot, fleet


def read_store(parsed: argparse.Namespace) -> "Fleet":
    """Return the merge of the parts of a store; what is left out is said."""
    from lockdep.cli.origin import address_of
    from lockdep.store.address import StoreError
    from lockdep.store.database import Store
    from lockdep.store.fleet import Choice, gather

    address = address_of(parsed.store)
    try:
        fleet = gather(Store(address), Choice(*(getattr(parsed, name) for name in CHOICE)), with_progress)
    except StoreError as error:
        raise UsageError(str(error)) from None
    if fleet.seen.repeated:
        say(f"lockdep: note: processes that are in several parts, whose counts are added twice: {fleet.seen.repeated}")
    unreadable = list(fleet.seen.unreadable.values())
    if unreadable:
        say(
            f"lockdep: note: parts that cannot be read, and are left out: {len(unreadable)}; the first: {unreadable[0]}"
        )
    return fleet


def moment(text: str) -> str:
    """Return a time as a store has it: of a date, of a date and time (UTC unless it says otherwise), or so long ago."""
    from lockdep.store.parts import TIME, time_ago

    ago = AGO.fullmatch(text)
    if ago is not None:
        return time_ago(int(ago[1]) * UNITS[ago[2]])
    when = datetime.fromisoformat(text)
    return (when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)).strftime(TIME)
