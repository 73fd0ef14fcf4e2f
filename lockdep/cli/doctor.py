"""lockdep doctor: which locks are tracked, which are not, and why."""

import atexit

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
    from lockdep.patch.doctor import doctor as diagnose

    if target is not None:
        found: list[object] = []
        atexit.register(lambda: found.append(diagnose()))  # before the program's names are restored
        return run_program(target, lambda _status: print(found[0] if found else diagnose(), flush=True))
    print(diagnose(), flush=True)
    return 0
