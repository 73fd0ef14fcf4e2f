"""What a process does that another one has attached to: it installs lockdep and answers, and says what it sees.

Only what is made from now on is tracked, and locks of modules that can be adopted. The answer names the rest.
"""

from __future__ import annotations

import os
import sys

from lockdep import patch
from lockdep.live.answers import listen_here


def attached(answer: str) -> None:
    """Install lockdep unless that was done, listen, and write what was done into the file `answer`."""
    try:
        text = "ok\n" + take_part()
    except Exception as error:
        text = f"error\n{error!r}\n"
    with open(f"{answer}.new", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(f"{answer}.new", answer)


def take_part() -> str:
    """Install lockdep and listen; return what is seen and what is not."""
    had = patch.is_installed()
    if not had:
        patch.install()
    path = listen_here()
    names = patch.current_names()
    adopted = [] if names is None or had else list(names.adopted())
    lines = [f"process {os.getpid()} listens at {path}, Python {sys.version.split()[0]}"]
    if had:
        return "\n".join([*lines, "it ran with lockdep before"]) + "\n"
    lines += [f"adopted: {name}" for name in adopted]
    lines += [
        "not seen: locks that were made before, apart from those adopted; who held an adopted lock before now",
        "not seen: waits that began before now; they are seen from the next one on",
    ]
    return "\n".join(lines) + "\n"
