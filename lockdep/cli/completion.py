"""lockdep completion: print the script by which a shell completes the command line. It is made with shtab."""

import argparse
from typing import Any

from lockdep.cli.command_line import Asked, Parser, UsageError, show

SHELLS = ("bash", "zsh", "tcsh")
FILES = ("FILE", "PATH", "SNAPSHOT")  # in the names of arguments that are completed with the names of files


def completion(given: list[str]) -> int:
    """Print the script for a shell."""
    parser = Parser(
        prog="lockdep completion",
        description="Print the script by which a shell completes the command line of lockdep.",
    )
    parser.add_argument("shell", choices=SHELLS)
    shell = parser.parse_args(given).shell
    try:
        import shtab
    except ImportError:
        raise UsageError("completion needs shtab: pip install lockdep[completion]") from None
    show(str(shtab.complete(whole_parser(shtab.FILE), shell)))
    return 0


def whole_parser(files: Any) -> argparse.ArgumentParser:
    """Return a parser that has all subcommands. `files` is what shtab takes for the names of files."""
    from lockdep.cli import COMMANDS

    whole = argparse.ArgumentParser(prog="lockdep")
    whole.add_argument("--version", action="version", version="")
    commands = whole.add_subparsers()
    for name in COMMANDS:
        made = parser_of(name)
        for action in made._actions:
            if action.dest == "program" or any(word in str(action.metavar) for word in FILES):
                action.complete = files  # type: ignore[attr-defined]
        about = (made.description or "").partition(". ")[0].rstrip(".")
        commands.add_parser(name, parents=[made], add_help=False, help=about)
    return whole


def parser_of(name: str) -> Parser:
    """Return the parser that a subcommand makes for its arguments."""
    from lockdep.cli import command

    Parser.asked = True
    try:
        command(name)([])
    except Asked as answer:
        return answer.parser
    finally:
        Parser.asked = False
    raise AssertionError(f"lockdep {name} has no parser")
