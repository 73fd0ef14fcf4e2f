"""How another program that this one starts gets to know the run: variables that only it sees, and a hook in Python.

The variables are put into the environment of C (`os.putenv`), which children inherit, and not into `os.environ`; where
the program gives an environment of its own, they are added to that. Joining processes do the same, so no program of a
run finds them in its `os.environ`. They are set before the first child is started: until then nothing is made.

A new Python joins by the line of `lockdep_processes.pth`, which is installed with the package, also under -I. Where
that file is not installed (a source tree, an editable installation), PYTHONPATH leads to a `sitecustomize` in the run
directory, which gives way to the one that the program would have found. Neither is read under -S.

Cost: a microsecond for each program that is started.
"""

from __future__ import annotations

import _thread
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any

from lockdep.patch.changes import Changes
from lockdep.snapshots.whole_files import write_whole

VARIABLE, SEARCH = "LOCKDEP_RUN", "PYTHONPATH"
PTH = "lockdep_processes.pth"
SITE = "site"  # the folder in the run directory that PYTHONPATH leads to
SITECUSTOMIZE = """\
import sys
sys.path[:] = [entry for entry in sys.path if entry != {folder!r}]
ours = sys.modules.pop("sitecustomize")
if sys.version_info >= (3, 11):
    try:
        from lockdep.processes.joining import join
        join()
    except Exception:
        pass
try:
    import sitecustomize
except ImportError as error:
    if getattr(error, "name", "") != "sitecustomize":
        raise
    sys.modules["sitecustomize"] = ours
"""
ENVIRONMENT = 5  # the position of the environment in the arguments of _posixsubprocess.fork_exec
Ready = Callable[[], str | None]


def follow(changes: Changes, ready: Ready, leave: Callable[[], object]) -> None:
    """Have programs that this process starts join the run, until `changes` are taken back.

    `ready` returns the path of the run directory, or None if nobody is to join; `leave` is called before another
    program takes the place of this one.
    """
    try:
        import _posixsubprocess

        follow_subprocess(changes, _posixsubprocess, ready)
    except ImportError:
        pass  # another system starts programs in another way
    for name in ("posix_spawn", "posix_spawnp"):
        if hasattr(os, name):
            changes.rebind(os, name, around_spawn(getattr(os, name), ready))
    changes.rebind(os, "execv", around_exec(os.execv, ready, leave))
    execve = around_exec(os.execve, ready, leave)
    os.supports_fd.add(execve)
    changes.undo_by(lambda: os.supports_fd.discard(execve))
    changes.rebind(os, "execve", execve)
    changes.rebind(os, "system", around_system(os.system, ready))
    changes.undo_by(take_back)


def follow_subprocess(changes: Changes, starter: Any, ready: Ready) -> None:
    """Have programs that subprocess starts join the run."""
    spawn = around_fork_exec(starter.fork_exec, ready)
    for module, name in ((starter, "fork_exec"), (sys.modules.get("subprocess"), "_fork_exec")):
        if module is not None and hasattr(module, name):
            changes.rebind(module, name, spawn)


def load_before_rights_are_lost(changes: Changes, load: Callable[[], None]) -> None:
    """Call `load` before this process becomes another user or sees another tree of files."""
    for name in ("setuid", "seteuid", "setreuid", "setresuid", "chroot"):
        if hasattr(os, name):
            changes.rebind(os, name, after_loading(getattr(os, name), load))


def after_loading(original: Callable[..., None], load: Callable[[], None]) -> Callable[..., None]:
    @wraps(original)
    def call(*args: Any, **named: Any) -> None:
        load()
        original(*args, **named)

    return call


def around_fork_exec(original: Callable[..., int], ready: Ready) -> Callable[..., int]:
    @wraps(original)
    def fork_exec(*args: Any) -> int:
        path = ready()
        if path is not None and len(args) > ENVIRONMENT and args[ENVIRONMENT] is not None:
            args = (*args[:ENVIRONMENT], with_ours(args[ENVIRONMENT], path), *args[ENVIRONMENT + 1 :])
        _Starting.thread = _thread.get_ident()
        try:
            return original(*args)
        finally:
            _Starting.thread = 0

    return fork_exec


class _Starting:
    """The thread that starts a program by subprocess now."""

    thread = 0


def becomes_a_program() -> bool:
    """Return whether this process was forked by subprocess, to run its `preexec_fn` and then another program."""
    return _Starting.thread == _thread.get_ident()


def around_spawn(original: Callable[..., int], ready: Ready) -> Callable[..., int]:
    @wraps(original)
    def spawn(path: Any, argv: Any, env: Any, /, **options: Any) -> int:
        return original(path, argv, mapping_with_ours(env, ready()), **options)

    return spawn


def around_exec(original: Callable[..., Any], ready: Ready, leave: Callable[[], object]) -> Callable[..., Any]:
    @wraps(original)
    def execute(path: Any, argv: Any, *env: Any, **named: Any) -> Any:
        if is_program(path):
            leave()
            run = ready()
            env = tuple(mapping_with_ours(one, run) for one in env)
            named = {name: mapping_with_ours(value, run) for name, value in named.items()}
        return original(path, argv, *env, **named)

    return execute


def around_system(original: Callable[[Any], int], ready: Ready) -> Callable[[Any], int]:
    @wraps(original)
    def system(command: Any) -> int:
        ready()
        return original(command)

    return system


def is_program(path: Any) -> bool:
    """Return whether a call of exec with this path is likely to succeed: execvp tries many that do not exist."""
    try:
        return isinstance(path, int) or (os.path.isfile(path) and os.access(path, os.X_OK))
    except (OSError, TypeError, ValueError):
        return False


# -- The variables


def put(path: str) -> None:
    """Put the variables into the environment of C, where children find them. `os.environ` is left as it is."""
    for name, value in variables(path, os.environ.get(SEARCH)).items():
        os.putenv(name, value)


def take_back() -> None:
    """Make the environment of C what `os.environ` says again."""
    os.unsetenv(VARIABLE)
    if SEARCH in os.environ:
        os.putenv(SEARCH, os.environ[SEARCH])
    else:
        os.unsetenv(SEARCH)


def variables(path: str, search: str | None) -> dict[str, str]:
    """Return the variables for a child whose PYTHONPATH would be `search`."""
    if os.path.isdir(os.path.join(path, SITE)):
        folders = [os.path.join(path, SITE), *([search] if search else [])]
        return {VARIABLE: path, SEARCH: os.pathsep.join(folders)}
    return {VARIABLE: path}


def with_ours(env: Iterable[bytes], path: str) -> list[bytes]:
    """Return an environment, as a list of NAME=VALUE, with our variables."""
    given = dict(item.partition(b"=")[::2] for item in env)
    return [name + b"=" + value for name, value in added(given, path).items()]


def mapping_with_ours(env: Any, path: str | None) -> Any:
    """Return an environment, as a mapping of text or bytes, with our variables. What is no mapping is returned."""
    if path is None or not isinstance(env, Mapping):
        return env
    try:
        return added({os.fsencode(name): os.fsencode(value) for name, value in env.items()}, path)
    except (TypeError, ValueError):
        return env  # os.posix_spawn says what is wrong with it


def added(given: dict[bytes, bytes], path: str) -> dict[bytes, bytes]:
    search = given.get(os.fsencode(SEARCH))
    ours = variables(path, None if search is None else os.fsdecode(search))
    return {**given, **{os.fsencode(name): os.fsencode(value) for name, value in ours.items()}}


def make_hook(path: str) -> None:
    """Write the sitecustomize of a run directory, unless the file of the package does its work. May raise OSError."""
    if is_installed():
        return
    folder = os.path.join(path, SITE)
    os.mkdir(folder, 0o755)
    text = SITECUSTOMIZE.format(folder=folder)
    write_whole(os.path.join(folder, "sitecustomize.py"), [text.encode()], durable=False)


def is_installed() -> bool:
    """Return whether a child of this Python reads the file of the package."""
    return any("-packages" in entry and os.path.exists(os.path.join(entry, PTH)) for entry in sys.path)


def clean(path: str) -> None:
    """Take our variables out of `os.environ` of a process that has joined, and put them back for its children."""
    os.environ.pop(VARIABLE, None)
    ours = os.path.join(path, SITE)
    folders = [folder for folder in os.environ.get(SEARCH, "").split(os.pathsep) if folder != ours]
    if folders and folders != [""]:
        os.environ[SEARCH] = os.pathsep.join(folders)
    else:
        os.environ.pop(SEARCH, None)
    put(path)
