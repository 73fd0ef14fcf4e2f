"""The run directory: the settings of a run, and a file of each process with what that has seen, its part.

A part is a snapshot file. It is replaced in one step, so a process that is killed leaves the old one or the new one,
and at worst a temporary file that nobody reads. Nothing is written once the directory has been removed: a process may
outlive its run. If the superuser runs the program, processes that have dropped their privileges can write, too, but not
read or list; parts are data, are checked when they are read, and bounded in size.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, replace

# By these names in the middle of a program: tests put mocks in the place of attributes, which must not be called by us.
from os import close, unlink
from os import open as open_file
from typing import TYPE_CHECKING, Any

from lockdep import __version__
from lockdep.config import Options
from lockdep.reports.outlet import identity
from lockdep.runtime import writes_reports
from lockdep.snapshots.whole_files import write_whole

if TYPE_CHECKING:
    from lockdep.snapshots.records import Tables
    from lockdep.snapshots.rows import Rows
    from lockdep.snapshots.snapshot import Snapshot

SETTINGS = "run.settings"
FULL = "full"  # a file that says that the part of some process is missing
FOLLOWED, FAILED = "store.followed", "store.failed"  # whether another process stores the parts, and what went wrong
PART, CLAIM, SOCKET, UNWRITTEN, NEEDS = ".json", ".told", ".socket", ".unwritten", ".needs"
FOUND = f"+{PART}"  # the end of the name of a part with findings only, which are newer than the part itself
MOST_BYTES = 1 << 26  # of a part
MOST_NAMES = 1 << 20  # bytes that the directory itself may take: some 20,000 parts
TRIES = 3  # to remove the directory, into which processes may be writing
Identity = tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Settings:
    """What the processes of a run have in common: the options, the first process, and where it shows reports.

    That is its standard error, or nowhere if it is None: then the others show none. `sockets` is the folder for the
    sockets by which processes answer others, '' if they do not.
    """

    options: dict[str, Any]
    root: int
    stderr: Identity
    sockets: str = ""

    @classmethod
    def here(cls, options: Options, sockets: str = "") -> Settings:
        """Return the settings of a run that this process begins."""
        return cls(asdict(options), os.getpid(), identity(2) if writes_reports() else None, sockets)

    @classmethod
    def read(cls, text: str) -> Settings | None:
        """Return the settings in a file; None if it is of another version. ValueError or the like if it is broken."""
        import ast

        read = ast.literal_eval(text)
        if read["lockdep"] != __version__:
            return None
        known = {field.name for field in fields(Options)}
        options = {name: value for name, value in read["options"].items() if name in known}
        return Settings(options, read["root"], read["stderr"], read["sockets"])

    def __str__(self) -> str:
        return repr({"lockdep": __version__, **asdict(self)})


class RunDirectory:
    """A run directory; `kept` says that it stays when the run has ended."""

    def __init__(self, path: str, *, kept: bool = False) -> None:
        self.path = path
        self.kept = kept
        self.broken: list[str] = []  # the names of parts that could not be read

    @classmethod
    def make(cls, settings: Settings, path: str | None = None) -> RunDirectory:
        """Make the directory: a temporary one, or `path`, which is kept. OSError if that fails, or if it has parts."""
        made = cls(temporary_folder() if path is None else os.path.abspath(path), kept=path is not None)
        if made.kept:
            os.makedirs(made.path, mode=0o700, exist_ok=True)
            if made.has_parts():
                raise FileExistsError(0, "it has the parts of another run", path)
        elif os.geteuid() == 0:
            os.chmod(made.path, 0o1733)
        write_whole(made.at(SETTINGS), [str(settings).encode()], durable=False)
        return made

    def at(self, name: str) -> str:
        """Return the path of a file of this name."""
        return os.path.join(self.path, name)

    def settings(self) -> Settings | None:
        """Return the settings; None if the directory is gone, or was made by another version."""
        try:
            with open(self.at(SETTINGS), encoding="utf-8") as file:
                return Settings.read(file.read())
        except (OSError, ValueError, KeyError, TypeError, SyntaxError):
            return None

    def save(self, name: str, part: Snapshot, kind: str = PART) -> bool:
        """Write the part of a process; return whether that was done. FOUND is the kind with findings only."""
        from lockdep.snapshots import files  # here and below: a program without children does not pay for it

        path = self.at(name + kind)
        try:
            if not os.path.exists(path) and os.stat(self.path).st_size > MOST_NAMES:
                raise OSError(errno.EFBIG, "too many parts")
            write_whole(path, bounded(files.encoded(part)), durable=False)
        except OSError as error:
            if error.errno == errno.EFBIG:
                with contextlib.suppress(OSError):
                    write_whole(self.at(FULL), [b""], durable=False)
            return False
        return True

    def drop_found(self, name: str) -> None:
        """Remove the part of a process with findings only, since all of them are in the other one."""
        with contextlib.suppress(OSError):
            os.unlink(self.at(name + FOUND))

    def parts(self) -> Iterator[str]:
        """Yield the path of each part, in the order of their names; none if the directory is gone."""
        for name in self._names():
            if name.endswith(PART) and not name.startswith("."):
                yield self.at(name)

    def has_parts(self) -> bool:
        """Return whether any process has written its part."""
        return any(True for _ in self.parts())

    def loaded(self) -> Iterator[Tables | Rows]:
        """Yield each part that can be read, as far as merging needs it. The others are `broken`."""
        self.broken = []
        paths = list(self.parts())
        newer = {path.removesuffix(FOUND): path for path in paths if path.endswith(FOUND)}
        for path in paths:
            if not path.endswith(FOUND):
                part = self._read(path)
                found = newer.pop(path.removesuffix(PART), None)
                yield from () if part is None else (part,)
                yield from () if found is None else self._newer(found, part)
        for found in newer.values():  # of processes that were killed before they had written anything else
            yield from self._newer(found, None)

    def _newer(self, path: str, part: Tables | Rows | None) -> Iterator[Tables | Rows]:
        """Yield what a process has found that is not in its part yet."""
        found = self._read(path)
        known = {(one.id, one.grade) for one in (() if part is None else part.findings)}
        new = () if found is None else tuple(one for one in found.findings if (one.id, one.grade) not in known)
        if found is not None and new:
            yield replace(found, findings=new)

    def _read(self, path: str) -> Tables | Rows | None:
        try:
            return read_part(path)
        except (OSError, ValueError):
            self.broken.append(os.path.basename(path))
            return None

    def claim(self, finding: str, level: str) -> bool:
        """Return whether this process is the one to show a finding of this id; no other one gets the same answer."""
        try:
            make_empty(self.at(f"{finding}.{level}{CLAIM}"), os.O_EXCL)
        except FileExistsError:
            return False
        except OSError:
            pass  # it is shown twice rather than not at all
        return True

    def claimed(self) -> frozenset[str]:
        """Return the ids of the findings that a process has shown where the run shows its own."""
        return frozenset(name.partition(".")[0] for name in self._names() if name.endswith(CLAIM))

    def promise(self, member: str) -> None:
        """Note that a process has seen what it has not written yet. `member` begins with its number and a dash."""
        with contextlib.suppress(OSError):
            make_empty(self.at(f"{member}{UNWRITTEN}"))

    def keep_promise(self, member: str) -> None:
        """Note that it has written all."""
        with contextlib.suppress(OSError):
            unlink(self.at(f"{member}{UNWRITTEN}"))

    def unwritten(self) -> tuple[int, ...]:
        """Return the numbers of the processes that have not written what they saw last; most of them were killed."""
        numbers = [name.partition("-")[0] for name in self._names() if name.endswith(UNWRITTEN)]
        return tuple(sorted(int(number) for number in numbers if number.isdigit()))

    def announce(self, pid: int, socket: str) -> None:
        """Note that a process answers at this socket. OSError if that cannot be noted."""
        self.withdraw(pid)
        os.symlink(socket, self.at(f"{pid}{SOCKET}"))

    def withdraw(self, pid: int) -> None:
        """Note that a process answers no longer."""
        with contextlib.suppress(OSError):
            os.unlink(self.at(f"{pid}{SOCKET}"))

    def sockets(self) -> dict[int, str]:
        """Return where the processes of the run answer, by their numbers; also those that were killed."""
        found = {}
        for name in self._names():
            pid, dot, kind = name.partition(".")
            if dot + kind == SOCKET and pid.isdigit():
                with contextlib.suppress(OSError):
                    found[int(pid)] = os.readlink(self.at(name))
        return found

    def follow(self) -> None:
        """Note that another process is to store the parts. OSError if that cannot be noted."""
        make_empty(self.at(FOLLOWED))

    def is_followed(self) -> bool:
        """Return whether another process is to store the parts; not if the directory is gone."""
        return os.path.exists(self.at(FOLLOWED))

    def fail(self, why: str) -> None:
        """Note why the parts are not stored."""
        with contextlib.suppress(OSError):  # the run has ended, or its disk is full
            write_whole(self.at(FAILED), [why.encode()], durable=False)

    def leave(self) -> str:
        """Note that nobody is to store the parts any more; return what `fail` has noted, or ''."""
        with contextlib.suppress(OSError):
            os.unlink(self.at(FOLLOWED))
            with open(self.at(FAILED), encoding="utf-8", errors="replace") as file:
                return file.read()
        return ""

    def _names(self) -> list[str]:
        with contextlib.suppress(OSError):
            return sorted(os.listdir(self.path))
        return []

    @property
    def is_full(self) -> bool:
        """Return whether a part was too large, or there were too many of them."""
        return os.path.exists(self.at(FULL))

    def remove(self) -> None:
        """Remove the directory, unless it is kept. Processes that go on find none under its name at once."""
        if self.kept:
            self._remove_leftovers()
            return
        gone = f"{self.path}.ended"
        with contextlib.suppress(OSError):
            os.rename(self.path, gone)
            for _ in range(TRIES):
                remove_tree(gone)
                if not os.path.exists(gone):
                    break

    def _remove_leftovers(self) -> None:
        """Remove the notes of processes, and what those that were killed have left of the files they were writing."""
        for name in self._names():
            if name.endswith(NEEDS) or (name.startswith(".") and name.endswith(".tmp")):
                with contextlib.suppress(OSError):
                    os.unlink(self.at(name))


def make_empty(path: str, *flags: int) -> None:
    """Make an empty file, with these flags as well."""
    close(open_file(path, sum(flags, os.O_CREAT | os.O_WRONLY), 0o600))


def temporary_folder() -> str:
    """Make a folder for temporary files that only this user can enter; return its path."""
    for base in (os.environ.get("TMPDIR"), "/tmp"):
        if base and os.path.isabs(base):
            path = os.path.join(base, f"lockdep-run-{os.getpid()}-{os.urandom(6).hex()}")
            with contextlib.suppress(OSError):
                os.mkdir(path, 0o700)
                return path
    import tempfile  # which takes 5 ms to import, and looks in more places

    return tempfile.mkdtemp(prefix="lockdep-run-")


def bounded(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield these chunks; OSError with EFBIG if they are more than a part may have."""
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > MOST_BYTES:
            raise OSError(errno.EFBIG, "the part is too large")
        yield chunk


def remove_tree(path: str) -> None:
    """Remove a folder and what is in it, as far as possible."""
    with contextlib.suppress(OSError):
        for entry in list(os.scandir(path)):
            if entry.is_dir(follow_symlinks=False):
                remove_tree(entry.path)
            else:
                with contextlib.suppress(OSError):
                    os.unlink(entry.path)
        os.rmdir(path)


def read_part(path: str) -> Tables | Rows:
    """Read a part for merging, which names its process as its origin. OSError or ValueError if it is none."""
    from lockdep.snapshots import files

    opened = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    with open(opened, "rb") as file:
        known = os.fstat(opened)
        if not stat.S_ISREG(known.st_mode) or known.st_size > MOST_BYTES:
            raise ValueError(f"{path}: no part of a run")
        text = file.read()
    return files.parse_rows(text, path).by_process()
