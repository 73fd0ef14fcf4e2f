"""This process as a part of a run: what it writes into the run directory, and when.

The first process makes the directory, and writes no part there unless that is kept. Every other one writes its part
soon after it has seen something new, and when it ends: at exit, before os._exit and os.exec, and when a signal ends it.
The server of multiprocessing's forkserver is no program: it writes nothing, its children do.
"""

from __future__ import annotations

import _thread
import atexit
import os
import sys
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Literal

from lockdep import fastpath, runtime
from lockdep.config import Options
from lockdep.contexts import fork
from lockdep.forks import at_fork
from lockdep.imports import own_imports
from lockdep.patch.changes import Changes
from lockdep.patch.imports import after_import
from lockdep.processes import endings, environment, process_joins
from lockdep.processes.folder import FOUND, PART, RunDirectory, Settings
from lockdep.processes.needs import keep_notes
from lockdep.processes.writer import Writer
from lockdep.reports.outlet import identity

if TYPE_CHECKING:
    from lockdep.live.before import SeenBefore
    from lockdep.snapshots.records import FindingRecord
    from lockdep.snapshots.snapshot import Snapshot
    from lockdep.violations.finding import Finding

# What a part is written with, and the id of a finding. It is imported when it is needed; also before a process gives up
# rights, since it may not be able to read the files after that, and before a child of multiprocessing is forked.
NEEDED = ("json", "platform", "hashlib", "lockdep.live.taking", "lockdep.splats.splat")
FORKS = "multiprocessing.popen_fork"
FOUND_DELAY = 0.75  # seconds from a finding to its own file, unless the part has it by then
SECONDS = 10.0  # how long the last part waits for the thread that writes one
Role = Literal["root", "child", "server"]
Mark = tuple[int, int, int]  # which validator, how many chains, how many findings


class Member:
    """A process of a run. `outer` is what it was before, if it began a run inside another one."""

    def __init__(self, role: Role, settings: Settings, folder: RunDirectory) -> None:
        self.role = role
        self.settings = settings
        self.folder = folder
        self.outer: Member | None = None
        self.changes: Changes = Changes()
        self._process = os.getpid()
        self._search: str | None = None
        self._before: SeenBefore | None = None
        self._start: Mark | None = None  # what _mark() returned at the fork
        self._written: Mark = self._mark()  # nothing older is unwritten
        self._taking = 0  # the thread that takes the part now; what it judges for that is in the part
        self._promised = False  # whether the directory says that something is unwritten
        self._found = 0  # how many findings there were at the last news
        self._reported: SeenBefore | None = None  # the findings that are in the part
        self._has_found = False  # whether there is a file with newer ones
        self._name = member_name()
        self._start_writers()

    def _start_writers(self) -> None:
        self._writing = _thread.allocate_lock()
        self._writer = Writer(self.write)
        self._reporter = Writer(self.write_found, FOUND_DELAY)

    def ready(self) -> str | None:
        """Return the path of the directory, when a program is about to be started; None if it cannot join."""
        if _Here.member is not self:
            return None
        if os.environ.get(environment.SEARCH) != self._search:  # it would lead to the program's folders only
            self.put_variables()
        return self.folder.path

    def put_variables(self) -> None:
        """Have programs that are started from now on join."""
        self._search = os.environ.get(environment.SEARCH)
        environment.put(self.folder.path)

    def keep_writing(self) -> None:
        """Write what is new from now on."""
        runtime.when_learned(self._learned)

    @own_imports()
    def become_child(self) -> None:
        """Go on in a forked child: what the parent knew is told by the parent."""
        from lockdep.live.before import SeenBefore

        self.role = "child"
        self._process = os.getpid()
        self._promised = False
        self._name = member_name()
        self._before = self._reported = SeenBefore.of(runtime.validator())
        self._start_writers()
        fastpath.clear_tallies()
        runtime.validator().points.clear()
        self._start = self._written = self._mark()
        self._taking = 0
        self.sign()
        self.keep_writing()
        if self.settings.sockets:
            from lockdep.processes import listening

            listening.begin(self.folder, self.settings)

    def sign(self) -> None:
        """Have reports and endings be those of a child."""
        runtime.sign_reports(True)
        runtime.claim_reports(self.claim)
        runtime.before_end(self.write)
        endings.conclude_by(self.leave)

    # What it writes

    def _learned(self) -> None:
        if endings.is_over() or self._taking == _thread.get_ident():
            return
        mark = self._mark()
        if mark != self._written and self.role != "server":
            endings.stand()
            if mark != self._start:
                self._promise()
            self._writer.news()
            if mark[2] > self._found:
                self._reporter.news()
            self._found = mark[2]

    def _promise(self) -> None:
        """Note that something is to be written: whoever merges the parts can say that it was lost.

        What is new after the last part was written, at the end of the process, is mostly of our own making. A process
        that subprocess has forked becomes another program without a word, and judges only what its parent has seen.
        """
        if not (self._promised or endings.is_over() or environment.becomes_a_program()):
            self._promised = True
            self.folder.promise(self._name)

    def _keep_promise(self, mark: Mark) -> None:
        """Note that all is written that there was at this mark."""
        if self._promised:
            self._promised = False
            self.folder.keep_promise(self._name)
        if self._mark() != mark:  # a thread has seen something meanwhile, perhaps before the note was removed
            self._learned()

    def _mark(self) -> Mark:
        """Return what changes when there is something new to write."""
        validator = runtime.validator()
        return id(validator), validator.chains, len(validator.book.findings())

    def _is_idle(self) -> bool:
        """Return whether this process has neither taken a lock nor learned anything since it was forked."""
        if self._start != self._mark():
            return False
        if fastpath.BUILD == "pure":
            return not any(tally.count for tally in fastpath.tallies())
        return not any((fastpath.counted_by_ended(), *(state.counted() for state in fastpath.threads())))

    def own_part(self) -> Snapshot:
        """Return what this process has seen, without what it knew from its parent."""
        from lockdep.live.taking import snapshot

        return snapshot() if self._before is None else snapshot(self._before)

    def _taken_part(self) -> Snapshot:
        self._taking = _thread.get_ident()
        try:
            return self.own_part()
        finally:
            self._taking = 0

    def write(self) -> bool:
        """Write the part of this process; return whether that was done."""
        if self._process != os.getpid() or self.role == "server":
            return False
        if not self._writing.acquire(timeout=SECONDS):
            return False
        try:
            if self._is_idle():
                return False
            if not os.path.exists(self.folder.path):  # the run has ended
                runtime.when_learned(None)
                return False
            load()
            runtime.validator().collect()  # what other threads have not judged yet is in the part, too
            mark = self._mark()
            reported = self._now_reported()
            part = self._taken_part()
            done = not (part.stats or part.dependencies or part.findings) or self.save(part)
            self._written = mark
            if done:
                self._reported = reported
                self._keep_promise(mark)
                self._drop_found(mark)
            return done
        except Exception as error:
            runtime.write_note(f"what this process has seen could not be written: {error!r}")
            return False
        finally:
            self._writing.release()

    def write_found(self) -> bool:
        """Write what was found since the part was written, if it was; return whether that was done.

        The part itself takes seconds to write if there is much of it.
        """
        mark, written = self._mark(), self._written
        if self._process != os.getpid() or written[2] == mark[2]:
            return False
        try:
            load()
            from lockdep.live.before import NOTHING
            from lockdep.live.taking import found_since

            found = found_since(self._reported or NOTHING)
            self._has_found = bool(found.findings) and self.save(found, FOUND)
            return self._has_found
        except Exception as error:
            runtime.write_note(f"what this process has found could not be written: {error!r}")
            return False

    def _drop_found(self, mark: Mark) -> None:
        """Remove the findings' own file, unless it has some that are newer than the part."""
        if self._has_found and self._mark()[2] == mark[2]:
            self._has_found = False
            self.folder.drop_found(self._file_name())

    def _now_reported(self) -> SeenBefore:
        """Return the findings that will be in the part which is taken after this."""
        from lockdep.live.before import SeenBefore

        return SeenBefore.findings_of(runtime.validator())

    def save(self, part: Snapshot, kind: str = PART) -> bool:
        """Write a snapshot as the part of this process."""
        return self.folder.save(self._file_name(), part, kind)

    def _file_name(self) -> str:
        """Return the name of the part of this process, without its ending."""
        from lockdep.live.taking import run_id

        return f"{os.getpid()}-{run_id(runtime.validator())}"

    def take_over(self, part: Snapshot) -> None:
        """Write what a run inside this one has seen, which it has shown itself."""
        self.save(part)
        for one in part.findings:
            if one.shown:
                self.claim(one)

    def claim(self, found: Finding | FindingRecord) -> bool:
        """Return whether this process is to show a finding: where the run shows its own, only one does."""
        return identity(2) != self.settings.stderr or self.folder.claim(found.id, found.level)

    def finish_writing(self) -> None:
        """Write at once what would be written soon."""
        self._writer.finish()
        self._reporter.finish()

    @own_imports()
    def leave(self, _status: int) -> None:
        """Write the last part of a child, which ends now."""
        self.finish_writing()
        if self.role == "child":
            self.write()
            if self.settings.sockets and self._process == os.getpid():
                from lockdep.processes import listening

                listening.end(self.folder, self.settings)


def member_name() -> str:
    """Return a name for this process that no other one of the run has, also if that had the same number."""
    return f"{os.getpid()}-{os.urandom(4).hex()}"


class _Here:
    """What this process is."""

    member: Member | None = None
    forks_followed = False


def load() -> None:
    """Import what a part is written with."""
    for name in NEEDED:
        import_module(name)


def begin(options: Options, path: str | None = None, sockets: str = "", *, writes: bool = False) -> Member:
    """Begin a run in this process, which the processes that it starts will join. `path` names a directory to keep.

    `sockets` is the folder where this process listens already; the others will listen there, too. `writes` says that
    this process writes its part while it runs, too, as it does into a directory that is kept. OSError is raised if the
    directory cannot be made.
    """
    settings = Settings.here(options, sockets)
    made = Member("root", settings, RunDirectory.make(settings, path))
    if sockets:
        from lockdep.processes import listening

        listening.lead(made.folder, settings)
    environment.make_hook(made.folder.path)
    made.outer = _Here.member
    take_part(made)
    runtime.sign_reports(False)
    runtime.claim_reports(made.claim)
    if made.folder.kept or writes:
        made.keep_writing()
    return made


def join(folder: RunDirectory, settings: Settings, *, server: bool) -> None:
    """Make this process a part of the run in a directory. Locks have to be tracked already."""
    load()
    made = Member("server" if server else "child", settings, folder)
    take_part(made)
    made.sign()
    made.keep_writing()
    if settings.sockets and not server:
        from lockdep.processes import listening

        listening.begin(folder, settings)


def take_part(made: Member) -> None:
    """Have this process be that member of a run."""
    _Here.member = made
    environment.follow(made.changes, made.ready, lambda: endings.conclude(0, going_on=True))
    environment.load_before_rights_are_lost(made.changes, load)
    after_import(made.changes, FORKS, lambda _changes, _module: load())
    after_import(made.changes, "multiprocessing.process", partial(process_joins.follow_joins, made.folder))
    keep_notes(made.folder, made.changes)
    made.put_variables()
    fork.before_forks(before_fork)
    if not _Here.forks_followed:
        _Here.forks_followed = True
        at_fork(after_in_child=in_child)
        atexit.register(at_exit)


def end(made: Member) -> None:
    """End a run that this process has begun: the directory is removed, and nobody joins any more."""
    if made.role != "root" or _Here.member is not made:
        return
    _Here.member = made.outer
    runtime.when_learned(None)
    runtime.claim_reports(None)
    made.finish_writing()
    made.changes.take_back()
    if made.settings.sockets:
        from lockdep.processes import listening

        listening.end_run(made.folder)
    made.folder.remove()
    if made.outer is not None:
        made.outer.put_variables()
        made.outer.sign()
        made.outer.keep_writing()


def before_fork() -> None:
    """Have no thread of ours when this process forks: Python warns of a fork with threads.

    And wait until no other thread imports what the child will need: it would wait for that module for ever.
    """
    for name in NEEDED:
        if name in sys.modules:
            import_module(name)
    if _Here.member is not None:
        _Here.member.finish_writing()


def in_child() -> None:
    if _Here.member is not None:
        _Here.member.become_child()


def at_exit() -> None:
    if _Here.member is not None and _Here.member.role != "root":
        endings.conclude(0)
