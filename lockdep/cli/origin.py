"""Which store is meant, and under which project, version and host a run is stored there."""

import argparse
from typing import TYPE_CHECKING

from lockdep.cli.command_line import UsageError

if TYPE_CHECKING:
    from lockdep.store.address import Address

STORE_EVERY, DAY = 300, 86400  # seconds


def add_url(parser: argparse.ArgumentParser) -> None:
    """Add the argument that names a store."""
    parser.add_argument("url", metavar="URL", help="sqlite:///PATH, a path, or postgresql://USER@HOST/DATABASE")


def add_origin(parser: argparse.ArgumentParser) -> tuple[argparse.Action, ...]:
    """Add the options, and return them."""
    return (
        parser.add_argument(
            "--project", metavar="NAME", help="in the store, the project (default: the program's name)"
        ),
        parser.add_argument(
            "--version", metavar="TEXT", help="in the store, the version of the project (default: none)"
        ),
        parser.add_argument("--host", metavar="NAME", help="in the store, the host (default: the name of this one)"),
    )


def add_store(parser: argparse.ArgumentParser) -> tuple[argparse.Action, ...]:
    """Add the options of a run that is stored, and return them."""
    return (
        parser.add_argument(
            "--store",
            metavar="URL",
            help="put what was seen into this store (see `lockdep push`), at the end and while the program runs",
        ),
        parser.add_argument(
            "--store-every",
            metavar="SECONDS",
            type=interval,
            default=STORE_EVERY,
            help="time between two pushes into"
            f" the store while the program runs; 0: only at the end (default: {STORE_EVERY})",
        ),
        *add_origin(parser),
    )


def interval(text: str) -> float:
    """Return a number of seconds: 0, or at least 1 and at most a day. ValueError if it is none."""
    seconds = float(text)
    if seconds and not 1 <= seconds <= DAY:
        raise ValueError(text)
    return seconds


def address_of(url: str) -> "Address":
    """Return the address of a store; UsageError if it is malformed."""
    from lockdep.store.address import Address, StoreError

    try:
        return Address.parse(url)
    except StoreError as error:
        raise UsageError(f"store: {error}") from None
