"""A minimal command line for lockdep.cli.launch, without a validator: (script | -m module | -c code) args...

`finish` prints the status that it gets, and returns END_STATUS of the environment if that is set.
"""

import os
import sys

from lockdep.cli.launch import LaunchError, Target, launch

KINDS = {"-m": "module", "-c": "command"}


def finish(status: int) -> int | None:
    if os.getpid() == parent:
        os.write(2, f"FINISH {status}\n".encode())
    return int(os.environ["END_STATUS"]) if "END_STATUS" in os.environ else None


parent = os.getpid()
words = sys.argv[1:]
kind = KINDS.get(words[0], "script")
if kind != "script":
    del words[0]
try:
    status = launch(Target(kind, words[0], tuple(words[1:])), finish)
except LaunchError as error:
    print(f"launch: {error}", file=sys.stderr)
    status = 2
raise SystemExit(status)
