"""lockdep doctor: which locks are tracked, which are not, and why."""

from lockdep.cli.command_line import Parser
from lockdep.cli.program import TARGET, run_program, split_target, track_locks


def doctor(given: list[str]) -> int:
    """Print the diagnosis: of this process, or of a program at its end if one is named."""
    parser = Parser(
        prog="lockdep doctor",
        usage=f"lockdep doctor [{TARGET}]",
        description="Print which locks are tracked, which are not, and why: at the end of a program, or without one.",
        allow_abbrev=False,
    )
    own, target = split_target(given)
    parser.parse_args(own)
    track_locks()
    if target is not None:
        return run_program(target, lambda _status: print_diagnosis())
    print_diagnosis()
    return 0


def print_diagnosis() -> None:
    """Print the diagnosis of this process."""
    from lockdep.patch.doctor import doctor as diagnose

    print(diagnose(), flush=True)
