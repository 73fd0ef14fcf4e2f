"""lockdep who: which threads of a process hold locks, which wait, and which are deadlocked."""

from lockdep.cli.command_line import Parser, UsageError, show
from lockdep.live import listen


def who(given: list[str]) -> int:
    """Print who holds and who waits in a process at this moment."""
    parser = Parser(
        prog="lockdep who",
        description="Print which threads of a process hold locks, which wait for what, and which are deadlocked.",
        allow_abbrev=False,
    )
    parser.add_argument("pid", type=int, metavar="PID", help="a process started with `lockdep run --listen`")
    try:
        show(listen.ask(parser.parse_args(given).pid, "who"))
    except OSError as error:
        raise UsageError(str(error)) from None
    return 0
