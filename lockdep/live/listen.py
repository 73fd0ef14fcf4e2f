"""A unix socket by which other processes of the same user ask a running process for a snapshot.

One thread serves it and takes no locks that are tracked. It costs nothing while nobody asks. The socket is removed when
the process ends, and a forked child does not serve it. A client sends one line, a command, and reads until the end.
"""

from __future__ import annotations

import _thread
import atexit
import os
import socket
import struct
import tempfile
from collections.abc import Callable

ASK_SECONDS = 10.0  # longer than the slowest snapshot; a client that takes longer is dropped
COMMANDS = ("snapshot", "clear", "start", "stop")
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
    os.register_at_fork(after_in_child=server.close)
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
    """Answer one client after the other until the process ends."""
    while os.getpid() == process:
        try:
            client, _ = server.accept()
        except OSError:  # the socket was closed, since the process ends
            return
        with client:
            try:
                client.settimeout(ASK_SECONDS)
                command = client.recv(_MOST).decode("utf-8", "replace").strip()
                client.sendall(answer(command).encode("utf-8", "backslashreplace") if mine(client) else b"")
            except Exception:  # the client gets no answer, and the program is not disturbed
                continue


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
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(ASK_SECONDS)
            client.connect(path)
            client.sendall(command.encode() + b"\n")
            parts = list(iter(lambda: client.recv(1 << 16), b""))
    except OSError as error:
        why = "is it running with `lockdep run --listen`?"
        raise NotListening(f"process {pid} does not answer at {path}: {error.strerror or error}; {why}") from None
    return b"".join(parts).decode()
