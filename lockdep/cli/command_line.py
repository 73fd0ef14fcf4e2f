"""What the subcommands of the command line share: mistakes in one line, and text on the two streams.

A mistake of the person at the keyboard is a UsageError; the command `lockdep` says it in one line and exits with 2.
"""

import argparse
import os
import sys
from typing import NoReturn

USAGE = 2  # exit status for a mistake of the person at the keyboard


class UsageError(Exception):
    """Something the person at the keyboard has to change; the message is one line."""


class Parser(argparse.ArgumentParser):
    """An argument parser that raises UsageError in place of printing its usage and exiting."""

    def error(self, message: str) -> NoReturn:
        """Refuse the arguments."""
        raise UsageError(f"{message} (see {self.prog} --help)")


def say(line: str) -> None:
    """Write one line to the terminal's standard error, even if the program replaced or closed sys.stderr."""
    try:
        os.write(2, (line.rstrip("\n") + "\n").encode("utf-8", "backslashreplace"))
    except OSError:
        pass


def show(text: str) -> None:
    """Write text to standard output, whatever its encoding has no room for as an escape."""
    stream = sys.__stdout__
    if stream is None:
        return
    try:
        stream.flush()
        encoding = stream.encoding or "utf-8"
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except ValueError as error:  # the program closed it
        raise OSError(str(error)) from None


def wants_colour(stream: object) -> bool:
    """Return whether to colour what is written there: a terminal, and nobody has asked for none (no-color.org)."""
    isatty = getattr(stream, "isatty", None)
    return bool(isatty and isatty()) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
