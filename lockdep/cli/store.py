"""lockdep store: look after a store."""

import time

from lockdep.cli.command_line import Parser, UsageError, show

MOST_DAYS = 36500


def store(given: list[str]) -> int:
    """Remove what is old from a store."""
    from lockdep.cli.origin import address_of
    from lockdep.store.address import StoreError
    from lockdep.store.database import Store
    from lockdep.store.parts import TIME
    from lockdep.store.retention import prune

    parser = Parser(
        prog="lockdep store",
        description="Look after a store (see `lockdep push`). prune removes what was taken more than N days ago.",
        allow_abbrev=False,
    )
    parser.add_argument("action", choices=("prune",), help="what to do")
    parser.add_argument("url", metavar="URL", help="sqlite:///PATH, a path, or postgresql://USER@HOST/DATABASE")
    parser.add_argument("--keep-days", type=days, required=True, metavar="N", help="keep what is not older than this")
    parser.add_argument("--project", metavar="NAME", help="remove only what is of this project")
    parsed = parser.parse_args(given)
    address = address_of(parsed.url)
    before = time.strftime(TIME, time.gmtime(time.time() - parsed.keep_days * 86400))
    try:
        opened = Store(address)
        with opened.reading():
            pass  # there must be one: a mistake in its name makes no new one
        removed, total = opened.write(lambda connection: prune(connection, before, parsed.project))
    except StoreError as error:
        raise UsageError(str(error)) from None
    show(f"{address}: {removed} of {total} runs removed\n")
    return 0


def days(text: str) -> int:
    """Return a number of days; ValueError if it is none, or not between 1 and MOST_DAYS."""
    number = int(text)
    if not 1 <= number <= MOST_DAYS:
        raise ValueError(text)
    return number
