"""A unix socket by which other processes of the same user ask a running process for a snapshot.

The threads that serve it take no locks that are tracked. It costs nothing while nobody asks. The socket is removed when
the process ends, and a forked child does not serve it. A client sends one line, a command, and reads until the end.
Neither side trusts the other: a client that is silent, slow or of another user keeps nobody waiting, and an answer has
to come from this user's process, within limits of time and size.
"""

from __future__ import annotations

import _thread
import atexit
import os
import socket
import stat
import struct
import tempfile
import time
from collections.abc import Callable
from queue import SimpleQueue

from lockdep.forks import at_fork

ASK_SECONDS = 10.0  # longer than the slowest snapshot; a client that takes longer is dropped
ANSWER_SECONDS = 60.0  # for all of an answer
_MOST_ANSWER = 1 << 30  # bytes
_MOST_CLIENTS = 8  # at a time; the next ones wait
COMMANDS = ("snapshot", "who", "picture", "clear", "start", "stop")
_MOST = 64  # bytes of a command


class NotListening(OSError):
    """The process with this number does not answer."""


def default_path(pid: int) -> str:
    """Return the path of the socket of a process: in a folder that only this user can enter."""
    base = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    return os.path.join(base, f"lockdep-{os.getuid()}", f"{pid}.sock")


def listen(answer: Callable[[str], str], path: str | None = None) -> str:
    """Answer other processes from now on; return the path of the socket.

    `answer` takes a command and returns the text to send; it is called in the serving thread. `path` is default_path()
    if it is None. OSError is raised if the folder is open to other users or the socket cannot be made.
    """
    chosen = default_path(os.getpid()) if path is None else path
    if path is None:
        own_folder(os.path.dirname(chosen))
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        remove_stale(chosen)
        before = os.umask(0o177)  # so that the file never has a weaker mode
        try:
            server.bind(chosen)
        finally:
            os.umask(before)
        server.listen(8)
    except BaseException:
        server.close()
        raise
    process = os.getpid()
    atexit.register(remove, chosen, process)
    at_fork(after_in_child=server.close)
    _thread.start_new_thread(serve, (server, answer, process))
    return chosen


def own_folder(folder: str) -> None:
    """Make the folder if it is missing; PermissionError if other users can enter it."""
    os.makedirs(folder, mode=0o700, exist_ok=True)
    found = os.stat(folder, follow_symlinks=False)
    if found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise PermissionError(f"{folder} is open to others")


def remove_stale(path: str) -> None:
    """Remove a socket that nobody serves: it belonged to a process with the same number that was killed."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        try:
            client.connect(path)
        except ConnectionRefusedError:
            os.unlink(path)
        except FileNotFoundError:
            pass


def remove(path: str, process: int) -> None:
    """Remove the socket, but not in a child of the process that made it."""
    if os.getpid() == process and os.path.exists(path):
        os.unlink(path)


def serve(server: socket.socket, answer: Callable[[str], str], process: int) -> None:
    """Answer clients until the process ends, each in a thread of its own."""
    places: SimpleQueue[None] = SimpleQueue()
    for _ in range(_MOST_CLIENTS):
        places.put(None)
    while os.getpid() == process:
        places.get()
        try:
            client, _ = server.accept()
        except OSError:  # the socket was closed, since the process ends
            return
        try:
            _thread.start_new_thread(serve_one, (client, answer, places))
        except RuntimeError:  # no thread can be started: the client gets no answer
            client.close()
            places.put(None)


def serve_one(client: socket.socket, answer: Callable[[str], str], places: SimpleQueue[None]) -> None:
    """Answer one client. If that fails it gets no answer, and the program is not disturbed."""
    try:
        with client:
            client.settimeout(ASK_SECONDS)
            if mine(client):
                command = client.recv(_MOST).decode("utf-8", "replace").strip()
                client.sendall(answer(command).encode("utf-8", "backslashreplace"))
    except Exception:
        pass
    finally:
        places.put(None)


def mine(client: socket.socket) -> bool:
    """Return whether the process at the other end belongs to this user or to root."""
    kind = getattr(socket, "SO_PEERCRED", None)
    if kind is None:
        return True  # this system has only the mode of the file
    _, uid, _ = struct.unpack("3i", client.getsockopt(socket.SOL_SOCKET, kind, struct.calcsize("3i")))
    return uid in (0, os.getuid())


def ask(pid: int, command: str) -> str:
    """Send a command to a process and return its answer; NotListening if there is none."""
    path = default_path(pid)
    try:
        return ask_at(path, command)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        why = "is it running with `lockdep run --listen`?"
        raise NotListening(f"process {pid} does not answer at {path}: {reason}; {why}") from None


def ask_at(path: str, command: str, seconds: float | None = None) -> str:
    """Send a command to the process that listens at this socket and return its answer; OSError if there is none.

    The answer has to be complete after so many `seconds`; None stands for the usual limits.
    """
    check_owner(path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(ASK_SECONDS if seconds is None else seconds)
        client.connect(path)
        if not mine(client):
            raise PermissionError(0, "another user answers there")
        client.sendall(command.encode() + b"\n")
        return read_answer(client, ANSWER_SECONDS if seconds is None else seconds).decode()


def check_owner(path: str) -> None:
    """PermissionError unless the path is a socket of this user or of root, and no link to one."""
    found = os.stat(path, follow_symlinks=False)
    if not stat.S_ISSOCK(found.st_mode) or found.st_uid not in (0, os.getuid()):
        raise PermissionError(0, "it is no socket of this user")


def read_answer(client: socket.socket, seconds: float) -> bytes:
    """Return all that comes in so many seconds; TimeoutError or OSError if it does not end."""
    deadline = time.monotonic() + seconds
    parts, size = [], 0
    while part := client.recv(1 << 16):
        parts.append(part)
        size += len(part)
        if size > _MOST_ANSWER or time.monotonic() > deadline:
            raise OSError(0, "the answer does not end")
    return b"".join(parts)
