"""lockdep store: look after a store."""

import argparse
from typing import TYPE_CHECKING

from lockdep.cli.command_line import Parser, UsageError, show

if TYPE_CHECKING:
    from lockdep.store.database import Store

MOST_DAYS = 36500


def store(given: list[str]) -> int:
    """Remove what is old from a store, or have fewer parts in it."""
    from lockdep.cli.origin import add_url, address_of
    from lockdep.store.address import StoreError
    from lockdep.store.database import Store

    parser = Parser(
        prog="lockdep store",
        description="Look after a store (see `lockdep push`). prune removes what was taken more than N days ago;"
        " compact makes one part of those of each day, version and host: reports take less time, and say the same.",
        allow_abbrev=False,
    )
    parser.add_argument("action", choices=("prune", "compact"), help="what to do")
    add_url(parser)
    parser.add_argument("--keep-days", type=days, metavar="N", help="for prune: keep what is not older than this")
    parser.add_argument("--project", metavar="NAME", help="only what is of this project")
    parsed = parser.parse_args(given)
    if (parsed.keep_days is None) == (parsed.action == "prune"):
        raise UsageError("prune needs --keep-days N, and compact takes none")
    address = address_of(parsed.url)
    try:
        opened = Store(address)
        with opened.reading():
            pass  # there must be one: a mistake in its name makes no new one
        done = pruned(opened, parsed) if parsed.action == "prune" else compacted(opened, parsed)
    except StoreError as error:
        raise UsageError(str(error)) from None
    show(f"{address}: {done}\n")
    return 0


def pruned(opened: "Store", parsed: argparse.Namespace) -> str:
    """Remove what is old; say how much."""
    from lockdep.store.parts import time_ago
    from lockdep.store.retention import prune

    before = time_ago(parsed.keep_days * 86400)
    removed, total = opened.write(lambda connection: prune(connection, before, parsed.project))
    return f"{removed} of {total} parts removed"


def compacted(opened: "Store", parsed: argparse.Namespace) -> str:
    """Make fewer parts; say how many."""
    from lockdep.store.compaction import compact

    before, after = compact(opened, parsed.project)
    return f"{before} parts became {after}" if before != after else "nothing to merge"


def days(text: str) -> int:
    """Return a number of days; ValueError if it is none, or not between 1 and MOST_DAYS."""
    number = int(text)
    if not 1 <= number <= MOST_DAYS:
        raise ValueError(text)
    return number
