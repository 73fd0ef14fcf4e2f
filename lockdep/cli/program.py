"""The program that a subcommand starts: where it begins on the command line, and how it is run to its end.

Everything after the program (a script, -m module or -c code) belongs to the program, whatever it looks like.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from lockdep.cli.command_line import INTERNAL, UsageError, say
from lockdep.cli.launch import Finish, LaunchError, Target, launch
from lockdep.imports import own_imports, remember_modules

if TYPE_CHECKING:
    from lockdep.config import Options

TARGET = "(script.py | -m module | -c code) args..."


def split_target(given: list[str], with_value: Sequence[argparse.Action] = ()) -> tuple[list[str], Target | None]:
    """Split the arguments into our own options and the program with its arguments; None if no program is named.

    `with_value` are our options that take a value. argparse cannot do this: it would take an option after the script
    for one of ours.
    """
    takes_value = {name for action in with_value for name in action.option_strings}
    index = 0
    while index < len(given):
        word = given[index]
        own, rest = given[:index], given[index + 1 :]
        if word[:2] in ("-m", "-c"):
            return own, inline_target(word, rest)
        if word == "--":
            return own, Target("script", rest[0], tuple(rest[1:])) if rest else None
        if not word.startswith("-") or word == "-":
            return own, Target("script", word, tuple(rest))
        index += 2 if word in takes_value else 1
    return given, None


def inline_target(word: str, rest: list[str]) -> Target:
    """Return the target of -m or -c; the value follows in the same word or in the next one."""
    option, *program = word[:2], *([word[2:]] if word[2:] else []), *rest
    if not program:
        raise UsageError(f"argument expected for the {option} option")
    return Target("module" if option == "-m" else "command", program[0], tuple(program[1:]))


def track_locks(**keywords: Any) -> "Options":
    """Track every lock that is made from now on; return the options, with these keywords as the strongest source."""
    from lockdep import runtime
    from lockdep.config import OptionError

    try:
        from lockdep import patch

        patch.install(**keywords)
    except (OptionError, ImportError) as error:  # ImportError: the compiled build is required and missing
        raise UsageError(" ".join(str(error).split())) from None
    return runtime.validator().options


def run_program(target: Target, conclude: Finish) -> int:
    """Run the program to its end, then call `conclude` with its exit status; return the exit status of the command.

    If `conclude` fails, that is one line on standard error, and status 70 in place of 0.
    """
    process = os.getpid()

    def finish(status: int) -> int | None:
        if os.getpid() != process:  # the end of a child that the program forked: its parent reports
            return None
        with own_imports():
            return attempt(status)

    def attempt(status: int) -> int | None:
        try:
            return conclude(status)
        except Exception as error:
            say_failed("failed internally at the end", error)
            return None if status else INTERNAL

    hide_launcher()
    remember_modules()
    try:
        return launch(target, finish)
    except LaunchError as error:
        raise UsageError(str(error)) from None


def try_to(what_failed: str, step: Callable[[], object]) -> None:
    """Do something after the end of the program, whose status counts, even if it has left nothing that works."""
    try:
        step()
    except Exception as error:
        say_failed(what_failed, error)


def say_failed(what: str, error: Exception) -> None:
    with suppress(Exception):  # where the program has replaced os.write, nothing can be said
        say(f"lockdep: error: {what}: {type(error).__name__}: {error}")


def hide_launcher() -> None:
    """Leave the script that started the command out of reports: it stands below all that the main thread does."""
    from lockdep import trace

    frame = sys._getframe()
    while frame.f_back is not None:
        frame = frame.f_back
    trace.hide(frame.f_code.co_filename)
