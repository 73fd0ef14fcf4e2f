"""Files that are replaced in one step: a reader sees the old one or the whole new one, whatever happens meanwhile."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable


def write_whole(path: str | os.PathLike[str], chunks: Iterable[bytes]) -> None:
    """Write the chunks to a new file beside `path`, then put it in its place.

    OSError names the path and leaves what was there untouched. What cannot be replaced (a pipe, /dev/stdout) is
    written to as it is.
    """
    try:
        if os.path.exists(path) and not os.path.isfile(path):
            with open(path, "wb") as file:
                file.writelines(chunks)
        else:
            replace(os.path.realpath(path), chunks)  # a link stays a link
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), os.fspath(path)) from error


def replace(target: str, chunks: Iterable[bytes]) -> None:
    folder, name = os.path.split(target)
    temporary = os.path.join(folder, f".{name[:100]}.{os.getpid()}.{os.urandom(4).hex()}.tmp")
    try:
        with open(temporary, "xb") as file:
            file.writelines(chunks)
            file.flush()
            with contextlib.suppress(OSError):
                os.chmod(temporary, os.stat(target).st_mode & 0o7777)
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    sync_folder(folder)


def sync_folder(folder: str) -> None:
    """Have the new name on the disk, too; where the file system cannot, it will come with time."""
    with contextlib.suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
