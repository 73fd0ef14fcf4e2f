"""The command `lockdep`: a table of subcommands, and the function that runs one of them.

A subcommand is declared as "module:function" and imported when it is used, so that none pays for the others. Anything
that is wrong with the command line, the options or the program to start is one line on standard error and exit status
2.
"""

import sys
from argparse import RawDescriptionHelpFormatter
from collections.abc import Callable, Sequence

from lockdep.cli.command_line import USAGE, Parser, UsageError, say

# Each function takes the arguments after the subcommand's name and returns the exit status. What it does is for --help.
COMMANDS = {
    "run": ("lockdep.cli.run:run", "run a program with its locks tracked"),
    "who": ("lockdep.cli.who:who", "show who waits for whom in a process that runs, or in a whole run"),
    "attach": ("lockdep.cli.attach:attach", "show that of one that was started without lockdep (Python 3.14)"),
    "stat": ("lockdep.cli.lock_stat:stat", "show lock statistics of files, or of a process that runs"),
    "top": ("lockdep.cli.lock_stat:top", "show them again and again"),
    "explain": ("lockdep.cli.explain:explain", "say what a kind of finding means, and what to do"),
    "baseline": ("lockdep.cli.baseline:baseline", "accept the findings that are known today"),
    "report": ("lockdep.cli.report:report", "merge snapshot files, or what a store has, and show what was found"),
    "classes": ("lockdep.cli.files:classes", "list the lock classes of a snapshot file"),
    "chains": ("lockdep.cli.files:chains", "list its chains of locks"),
    "stats": ("lockdep.cli.files:stats", "show its totals"),
    "combine": ("lockdep.cli.combine:combine", "merge what the processes of a run have left in a directory"),
    "push": ("lockdep.cli.push:push", "put snapshot files into a store"),
    "store": ("lockdep.cli.store:store", "remove what is old from a store, or have fewer parts in it"),
    "doctor": ("lockdep.cli.doctor:doctor", "say which locks are tracked, which are not, and why"),
    "completion": ("lockdep.cli.completion:completion", "print a script for the completion of your shell"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with these arguments, or with those of the process, and return its exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if given and given[0] in COMMANDS:
            return command(given[0])(given[1:])
        return without_command(given)
    except UsageError as error:
        say(f"lockdep: error: {error}")
        return USAGE
    except ImportError as error:
        if not str(error).startswith("LOCKDEP_"):  # a variable asks for a build that there is not
            raise
        say(f"lockdep: error: {error}")
        return USAGE
    except BrokenPipeError:  # `lockdep doctor | head`
        return 1


def command(name: str) -> Callable[[list[str]], int]:
    """Import and return the function of a subcommand."""
    from importlib import import_module

    module, _, function = COMMANDS[name][0].partition(":")
    found: Callable[[list[str]], int] = getattr(import_module(module), function)
    return found


def without_command(given: list[str]) -> int:
    """Answer --help and --version; anything else is a mistake."""
    width = max(map(len, COMMANDS))
    parser = Parser(
        prog="lockdep",
        description="Find deadlocks that have not happened yet, by the order in which locks are\ntaken.",
        epilog="commands:\n" + "\n".join(f"  {name:{width}}  {text}" for name, (_, text) in COMMANDS.items()),
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="print the version and which build is used")
    parser.add_argument(
        "command", choices=COMMANDS, nargs="?", metavar="COMMAND", help="for its options: lockdep COMMAND --help"
    )
    if parser.parse_args(given).version:
        print(version())
        return 0
    parser.error("which command? one of " + ", ".join(COMMANDS))


def version() -> str:
    """Return the version and the build."""
    from lockdep import __version__
    from lockdep.fastpath import BUILD

    return f"lockdep {__version__} ({BUILD})"
