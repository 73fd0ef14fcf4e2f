"""What all subcommands share: the parser of arguments, mistakes of the user, and output.

A mistake of the user is raised as UsageError; `main` prints it as one line and exits with status 2.
"""

import argparse
import os
import sys
from typing import NoReturn

USAGE = 2  # exit status for a mistake of the user
INTERNAL = 70  # exit status for a fault of lockdep, EX_SOFTWARE of sysexits.h


class UsageError(Exception):
    """Something the user has to change; the message is one line."""


class Parser(argparse.ArgumentParser):
    """An argument parser that raises UsageError instead of printing its usage and exiting."""

    def error(self, message: str) -> NoReturn:
        """Raise UsageError; argparse calls this with what is wrong."""
        raise UsageError(f"{message} (see {self.prog} --help)")


def say(line: str) -> None:
    """Write one line to file descriptor 2, which works even if the program has replaced or closed sys.stderr."""
    from lockdep.reports.outlet import STANDARD_ERROR

    STANDARD_ERROR.write(line.rstrip("\n") + "\n")
    STANDARD_ERROR.end()


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


def wants_colour(stream: object) -> bool:
    """Return whether text on this stream is to be coloured: on a terminal, unless NO_COLOR is set (no-color.org)."""
    isatty = getattr(stream, "isatty", None)
    return bool(isatty and isatty()) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
