"""What all subcommands share: the parser of arguments, mistakes of the user, and output.

A mistake of the user is raised as UsageError; `main` prints it as one line and exits with status 2.
"""

import argparse
import sys
from typing import Any, NoReturn

USAGE = 2  # exit status for a mistake of the user
INTERNAL = 70  # exit status for a fault of lockdep, EX_SOFTWARE of sysexits.h


class UsageError(Exception):
    """Something the user has to change; the message is one line."""


class Asked(Exception):
    """Raised with a parser instead of using it, for those who want to know which arguments there are."""

    def __init__(self, parser: "Parser") -> None:
        super().__init__(parser.prog)
        self.parser: Parser = parser


class Parser(argparse.ArgumentParser):
    """An argument parser that raises UsageError instead of printing its usage and exiting."""

    asked = False  # whether Asked is raised instead

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse arguments, or raise Asked."""
        if Parser.asked:
            raise Asked(self)
        return super().parse_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        """Raise UsageError; argparse calls this with what is wrong."""
        raise UsageError(f"{message} (see {self.prog} --help)")


def say(line: str) -> None:
    """Write one line to file descriptor 2, which works even if the program has replaced or closed sys.stderr."""
    from lockdep.reports.outlet import STANDARD_ERROR

    STANDARD_ERROR.write(line.rstrip("\n") + "\n")
    STANDARD_ERROR.end()


def add_look(parser: argparse.ArgumentParser) -> tuple[argparse.Action, ...]:
    """Add the options that say how reports are shown, and return them."""
    from lockdep.vocabulary.styles import FRAMES, STYLES

    return (
        parser.add_argument(
            "--style",
            choices=STYLES,
            help="how findings are reported: short, kernel (the kernel's layout, in full), or auto (the default): short"
            " for locks of threading, kernel for primitives",
        ),
        parser.add_argument(
            "--frames", choices=FRAMES, help="whose calls short reports show: only the program's (user) or all"
        ),
    )


def show(text: str) -> None:
    """Write text to standard output; characters that its encoding lacks are written as escapes."""
    stream = sys.__stdout__
    if stream is None:
        return
    try:
        stream.flush()
        encoding = stream.encoding or "utf-8"
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except ValueError as error:  # the program has closed it
        raise OSError(str(error)) from None
