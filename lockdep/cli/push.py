"""lockdep push: put snapshot files into a store."""

import argparse
from typing import TYPE_CHECKING

from lockdep.cli.command_line import Parser, UsageError, show

if TYPE_CHECKING:
    from lockdep.store.database import Store
    from lockdep.store.parts import Origin, Parcel

OUTCOMES = {"stored": "stored", "known": "was in the store", "replaced": "stored, in place of what it contains"}


def push(given: list[str]) -> int:
    """Store snapshot files, each as a whole or not at all."""
    from lockdep.cli.origin import add_origin, add_url, address_of
    from lockdep.snapshots import files
    from lockdep.store.address import StoreError
    from lockdep.store.database import Store

    parser = Parser(
        prog="lockdep push",
        description="Put snapshot files (see `lockdep run --snapshot`) into a store, the database of many processes and"
        " hosts. A file that is there already changes nothing. `lockdep report --store` reads them.",
        allow_abbrev=False,
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="a snapshot file")
    add_url(parser)
    add_origin(parser)
    parsed = parser.parse_args(given)
    address = address_of(parsed.url)
    try:
        parcels = [parcel_of(path, parsed, one_of_many=len(parsed.files) > files.FEW) for path in parsed.files]
        store = Store(address)
        for path, parcel in zip(parsed.files, parcels, strict=True):
            show(f"{path}: {put_into(store, parcel)}\n")
    except StoreError as error:
        raise UsageError(str(error)) from None
    return 0


def parcel_of(path: str, parsed: argparse.Namespace, *, one_of_many: bool) -> "Parcel":
    """Read a file and pack it. UsageError if it cannot be read, or is no snapshot."""
    from lockdep.snapshots import files
    from lockdep.store.origin import NAMES, origin_of
    from lockdep.store.parts import Parcel

    try:
        with open(path, "rb") as file:
            text = file.read()
        runs = files.parse_rows(text, path, one_of_many=one_of_many).runs
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}") from None
    except ValueError as error:
        raise UsageError(str(error)) from None
    names = {name: getattr(parsed, name) for name in NAMES}
    origin = origin_of(names, runs[0].label if runs else "")
    return Parcel.of(origin, text, runs, path)


def put_into(store: "Store", parcel: "Parcel") -> str:
    """Store a part, and say what was done."""
    from lockdep.store.parts import put

    outcome = store.write(lambda connection: put(connection, parcel))
    return f"{OUTCOMES[outcome]} ({origin_text(parcel.origin)})"


def origin_text(origin: "Origin") -> str:
    """Return an origin as a line says it."""
    return f"{origin.project} {origin.version}".rstrip() + f" on {origin.host}"
