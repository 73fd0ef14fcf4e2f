"""A window into a running process: a unix socket, for its owner only, that answers with a snapshot.

One thread serves it, on raw locks that nothing tracks. It costs nothing while nobody asks. The socket goes away with
the process; a child made by fork does not serve it. Who asks sends a line with a command and reads until the end.
"""

from __future__ import annotations

import _thread
import atexit
import os
import socket
import struct
import tempfile
from collections.abc import Callable

ASK_SECONDS = 10.0  # longer than the slowest snapshot takes, and than a client may dawdle
COMMANDS = ("snapshot", "clear", "start", "stop")
_MOST = 64  # bytes of a command


class NotListening(OSError):
    """No process of this number answers."""


def default_path(pid: int) -> str:
    """Return where a process of this user listens: in a folder that only this user can enter."""
    base = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    return os.path.join(base, f"lockdep-{os.getuid()}", f"{pid}.sock")


def listen(answer: Callable[[str], str], path: str | None = None) -> str:
    """Serve this process from now on, with `answer` from a command to its text; return the path of the socket.

    OSError if the folder is not this user's own, or the socket cannot be made.
    """
    chosen = default_path(os.getpid()) if path is None else path
    if path is None:
        own_folder(os.path.dirname(chosen))
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        remove_stale(chosen)
        before = os.umask(0o177)  # the file has the right mode from its first moment
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
    os.makedirs(folder, mode=0o700, exist_ok=True)
    found = os.stat(folder, follow_symlinks=False)
    if found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise PermissionError(f"{folder} is open to others")


def remove_stale(path: str) -> None:
    """Remove a socket that nobody listens at: a process of the same number was killed."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        try:
            client.connect(path)
        except ConnectionRefusedError:
            os.unlink(path)
        except FileNotFoundError:
            pass


def remove(path: str, process: int) -> None:
    if os.getpid() == process and os.path.exists(path):
        os.unlink(path)


def serve(server: socket.socket, answer: Callable[[str], str], process: int) -> None:
    while os.getpid() == process:
        try:
            client, _ = server.accept()
        except OSError:  # closed: the process ends
            return
        with client:
            try:
                client.settimeout(ASK_SECONDS)
                command = client.recv(_MOST).decode("utf-8", "replace").strip()
                client.sendall(answer(command).encode("utf-8", "backslashreplace") if mine(client) else b"")
            except Exception:  # who asked has no answer; the program must not hear of it
                continue


def mine(client: socket.socket) -> bool:
    """Return whether the process at the other end is this user's, or root's."""
    kind = getattr(socket, "SO_PEERCRED", None)
    if kind is None:
        return True  # the mode of the file is all there is
    _, uid, _ = struct.unpack("3i", client.getsockopt(socket.SOL_SOCKET, kind, struct.calcsize("3i")))
    return uid in (0, os.getuid())


def ask(pid: int, command: str) -> str:
    """Return the answer of a process to a command; NotListening if it does not answer."""
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
