"""Replacing a file in one step: a reader sees either the old file or the complete new one."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable


def write_whole(path: str | os.PathLike[str], chunks: Iterable[bytes], *, durable: bool = True) -> None:
    """Write the chunks to a new file beside `path`, then put it in its place.

    If OSError is raised, it names the path, and the old file is unchanged. Something that cannot be replaced (a pipe,
    /dev/stdout) is opened and written. Unless `durable`, a crash of the machine may lose the file; one of the process
    does not. That saves the time of two fsync calls.
    """
    try:
        if os.path.exists(path) and not os.path.isfile(path):
            with open(path, "wb") as file:
                file.writelines(chunks)
        else:
            replace(os.path.realpath(path), chunks, durable)  # of a symbolic link, replace what it points to
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), os.fspath(path)) from error


def replace(target: str, chunks: Iterable[bytes], durable: bool) -> None:
    folder, name = os.path.split(target)
    temporary = os.path.join(folder, f".{name[:100]}.{os.getpid()}.{os.urandom(4).hex()}.tmp")
    try:
        with open(temporary, "xb") as file:
            file.writelines(chunks)
            file.flush()
            with contextlib.suppress(OSError):
                os.chmod(temporary, os.stat(target).st_mode & 0o7777)
            if durable:
                os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    if durable:
        sync_folder(folder)


def sync_folder(folder: str) -> None:
    """Flush the folder, so that the new name survives a crash. Ignored where the file system does not support it."""
    with contextlib.suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
