"""The validator of this process, where its findings go, and what happens when the process forks.

A finding is written to a file descriptor as soon as it is found (see reports.outlet).
"""

from __future__ import annotations

import atexit
import contextlib
import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from lockdep import fastpath, trace
from lockdep.baseline import KNOWN
from lockdep.blame import is_from_handler
from lockdep.config import Options
from lockdep.descriptors import lend
from lockdep.forks import at_fork
from lockdep.graph.classes import registry
from lockdep.imports import own_imports
from lockdep.paths import program_name
from lockdep.reports.colours import painted, wants_colour
from lockdep.reports.outlet import STANDARD_ERROR, Outlet
from lockdep.reports.summary_line import plural, summary_line
from lockdep.validator.guarded import GRAPH_LOCK, STEPS_OF_OURS
from lockdep.validator.validator import Validator
from lockdep.violations import finding
from lockdep.violations.finding import Finding
from lockdep.vocabulary.grades import EXCUSED, UNMATCHED, unmatched_line
from lockdep.vocabulary.styles import AUTO, KERNEL

if TYPE_CHECKING:
    from lockdep.splats.document import Document
    from lockdep.splats.styles import Look
    from lockdep.violations.suppressions import Suppressible

_callbacks: list[Callable[[Finding], None]] = []


class _Process:
    """What there is one of in each process."""

    validator: Validator
    active = False
    decided = False
    outlet = STANDARD_ERROR
    hangs: Outlet | None = None
    conclude: Callable[[], object] = staticmethod(bool)
    learned: Callable[[], None] | None = None
    signed = False
    claim: Callable[[Finding], bool] | None = None
    telling: Finding | None = None
    uncalled: list[Callable[[Finding], None]] = []  # noqa: RUF012 - callbacks that are to get this finding
    said: set[str] = set()  # noqa: RUF012 - one process, one set


def validator() -> Validator:
    """Return the validator in force."""
    return _Process.validator


def activate(chosen: Validator) -> None:
    """Put a validator in force. Locks are tracked from now on, unless its option `enabled` is false."""
    leave(_Process.validator)
    _Process.validator = chosen
    _Process.decided = True
    _Process.active = chosen.in_force = chosen.options.enabled
    registry.ignored = chosen.options.ignore
    if chosen.options.stat:
        fastpath.switch_stat(True)
    if chosen.options.raise_on_deadlock:
        import lockdep.splats.splat  # noqa: F401 - findings are told while locks are held, and no import may run then
    _Process.outlet.keep()
    chosen.sink = deliver
    chosen.warn = write_note
    chosen.greenlets_came = stop_for_greenlets
    chosen.end_process = end_process
    chosen.hung = write_hang
    chosen.learned = _Process.learned
    connect(chosen)


def connect(chosen: Validator) -> None:
    """Make the fast path call a validator."""
    options = chosen.options
    settings = fastpath.Settings(
        locate=registry.locate,
        ours=trace.OURS,
        room=options.max_chains - chosen.chains,
        stack_depth=options.stack_depth + STEPS_OF_OURS,
        prompt=options.raise_on_deadlock,
        max_instances=options.max_instances,
        patience=1.0 if raises(options) else 0.1,
    )
    fastpath.connect(chosen.root if options.enabled else None, chosen, settings)


def disconnect(*, at_end: bool = False) -> None:
    """Make the fast path track nothing. At the end of the process, it asks nobody which class a new lock has."""
    locate = None if at_end else registry.locate
    fastpath.connect(None, fastpath.NoHooks(), fastpath.Settings(locate=locate, ours=trace.OURS))


def raises(options: Options) -> bool:
    """Return whether a thread that waits for a lock of its own gets an exception.

    If so, the fast path waits longer for another thread to release the lock before it reports the wait.
    """
    return options.raise_on_recursion or options.raise_on_deadlock


def deactivate() -> None:
    """Stop tracking. Locks go on working."""
    leave(_Process.validator)
    _Process.active = False
    disconnect()


def leave(chosen: Validator) -> None:
    """Give a validator everything that has happened until now, and nothing of what happens later."""
    if chosen.in_force:
        chosen.collect()
        chosen.in_force = False


def decided() -> bool:
    """Return whether a validator has been put in force by anybody, even if it is not any more."""
    return _Process.decided


def is_active() -> bool:
    """Return whether locks are tracked now."""
    return _Process.active


@contextlib.contextmanager
def use(chosen: Validator) -> Iterator[Validator]:
    """Put another validator in force inside a with block, with chains, dependencies and findings of its own.

    This is meant for tests.
    """
    before, active = _Process.validator, _Process.active
    activate(chosen)
    try:
        yield chosen
    finally:
        activate(before)
        if not active:
            deactivate()


def reset() -> None:
    """Forget all chains, dependencies and findings. Their memory is not freed: threads may still refer to it."""
    active = _Process.active
    activate(Validator(_Process.validator.options))
    if not active:
        deactivate()


def judge_if_calm() -> None:
    """Have judged what the running thread has seen if it holds no lock any more, as the release of a Lock does."""
    thread = fastpath.thread_state()
    if thread.waits_calm and not thread.chain.depth:
        _Process.validator.judge(thread)


def findings(*, excused: bool = False) -> tuple[Finding, ...]:
    """Return the findings so far, without the suppressed ones, and without those that are excused unless `excused`."""
    found = _Process.validator.findings()
    return tuple(one for one in found if not one.suppressed and (excused or one.grade != EXCUSED))


def failing() -> tuple[Finding, ...]:
    """Return the findings that fail a run: not suppressed, and at or above the option fail_on."""
    options = _Process.validator.options
    return tuple(found for found in findings() if options.strict or found.at_least(options.fail_on))


def on_finding(callback: Callable[[Finding], None]) -> Callable[[], None]:
    """Call `callback` with each finding from now on; return a function that ends this.

    It is called at a calm moment of some thread, mostly of the one that caused the finding when it holds no lock. Its
    exceptions are written as a line.
    """
    _callbacks.append(callback)

    def undo() -> None:
        with contextlib.suppress(ValueError):
            _callbacks.remove(callback)

    return undo


def report_to(stream: int | None) -> None:
    """Write reports to this file descriptor from now on, or nowhere if it is None. The default is 2."""
    _Process.outlet.end()
    _Process.outlet.release()
    _Process.outlet = Outlet(stream)
    if _Process.active:
        _Process.outlet.keep()


def when_learned(callback: Callable[[], None] | None) -> None:
    """Call this whenever something was judged, in the thread that did it; None: nothing."""
    _Process.learned = _Process.validator.learned = callback


def sign_reports(signed: bool) -> None:
    """Write below each report in which process it was made, from now on, or do so no more."""
    _Process.signed = signed


def claim_reports(claim: Callable[[Finding], bool] | None) -> None:
    """Write a report only if this returns True for the finding; None: each."""
    _Process.claim = claim


def writes_reports() -> bool:
    """Return whether reports are written anywhere."""
    return _Process.outlet.descriptor is not None


def deliver(found: Finding) -> None:
    """Write a finding and call the callbacks. If one of them fails, the others are called nevertheless.

    One may end the process, and all that was found is told before that: it is not called for this finding again.
    """
    if found.suppressed:
        return
    if _Process.telling is not found:
        _Process.telling, _Process.uncalled = found, list(_callbacks)
    while _Process.uncalled:
        call(_Process.uncalled.pop(0), found)
    if _Process.outlet.descriptor is not None and not is_quiet(found):
        with own_imports():
            show(found)
    _Process.telling = None


def show(found: Finding) -> None:
    """Write a finding, unless another process of the run shows it."""
    if not _Process.claim or _Process.claim(found):
        write(text_of(found) + (f"found in {program_name()} (pid {os.getpid()})\n" if _Process.signed else ""))


def call(callback: Callable[[Finding], None], found: Finding) -> None:
    """Call a callback for findings. If a signal handler has ended that by an exception, it is to be called again."""
    try:
        callback(found)
    except BaseException as error:
        if is_from_handler(error) or isinstance(error, KeyboardInterrupt):
            _Process.uncalled.insert(0, callback)
        elif isinstance(error, Exception):
            write(f"lockdep: a callback for findings failed: {error!r}\n")
            return
        raise


def is_quiet(found: Finding) -> bool:
    """Return whether a finding is only counted: a cycle whose observations name different locks, if it fails no run."""
    options = _Process.validator.options
    if options.show_unmatched or options.strict or found.at_least(options.fail_on):
        return False
    return found.grade == UNMATCHED and found.violation.is_cycle


def say_untold() -> None:
    """Write how many findings could not be told."""
    count = len(_Process.validator.book.news)
    if count:
        write_note(f"{count} finding{'s' * (count != 1)} could not be told: no memory, stack or file descriptor for it")


def say_unmatched() -> None:
    """Write how many findings were only counted."""
    count = sum(map(is_quiet, findings()))
    if count:
        write_note(unmatched_line(count))


def text_of(found: Finding) -> str:
    """Return the text of `document_of(found)` as it is shown."""
    return shown(document_of(found), found)


def shown(document: Document, finding: Suppressible) -> str:
    """Return the text of a report as the options show it, with colours if a terminal gets it."""
    colour = wants_colour(_Process.outlet.descriptor)
    return painted(look().lines(document, finding), colour=colour)


def look() -> Look:
    """Return how the options show reports. Strict reports are the kernel's."""
    from lockdep.splats.styles import Look

    options = _Process.validator.options
    strict = options.strict and options.style == AUTO
    return Look(KERNEL if strict else options.style, options.frames)


def document_of(found: Finding) -> Document:
    """Return the full report, or the short form for a cycle through a dependency that was reported already."""
    from lockdep.splats import splat  # see `tell`

    if found.related is None:
        return splat.tell(found)
    return splat.tell_related(found, set(found.dependencies) & set(found.related.dependencies))


def tell(found: Finding) -> Document:
    """Return the full report of a finding.

    The first call imports what writes reports, which takes 20 ms: as a rule in a thread that holds no lock.
    """
    from lockdep.splats import splat

    return splat.tell(found)


def write(text: str) -> None:
    """Write to the file descriptor for reports, without waiting for its reader for long."""
    _Process.outlet.write(text)


def finish_writing() -> bool:
    """Say what was only counted, and write what the reader of the reports did not take yet.

    It takes a second at most, or five if another thread does not end telling a finding. Always True: nothing of it is a
    failure.
    """
    _Process.validator.tell_rest()
    say_untold()
    say_greenlets()
    say_unmatched()
    _Process.outlet.end()
    return True


def summary() -> str:
    """Return the line that `lockdep run` prints at the end."""
    found = findings()
    errors = sum(one.level == "error" for one in found)
    chosen = _Process.validator
    parts = [plural(errors, "error"), plural(len(found) - errors, "warning")]
    hidden = sum(one.suppressed for one in chosen.findings())
    if hidden:
        parts.append(f"{hidden} suppressed")
    excused = len(findings(excused=True)) - len(found)
    if excused:
        parts.append(f"{excused} excused")
    seen = len(registry.classes()), len(chosen.graph.dependencies()), chosen.chains
    return summary_line(fastpath.BUILD, ", ".join(parts), seen, shortcomings(chosen))


def shortcomings(chosen: Validator, used: frozenset[str] = frozenset()) -> list[str]:
    """Return the end of the summary line: what was not checked. Empty if everything was.

    `used` are the texts of suppressions that another process has used.
    """
    parts = []
    if chosen.chains >= chosen.options.max_chains:
        parts.append(f"max_chains ({chosen.options.max_chains}) reached: longer runs are checked pair by pair")
    if any(order.saturated for order in chosen.rules.rings.orders.values()):
        parts.append(f"max_pairs ({chosen.options.max_pairs}) reached: new orders within a class are not learned")
    if chosen.unvalidated:
        parts.append(f"{chosen.unvalidated} acquisitions were not seen for want of memory")
    if chosen.book.failure is not None:
        parts.append(f"failed internally {chosen.failures} times, first {chosen.book.failure!r}")
    unused = [entry for entry in chosen.book.suppressions.unused() if entry.text not in used]
    gone = [entry for entry in unused if entry.reason.startswith(KNOWN)]
    others = [entry for entry in unused if entry not in gone]
    if gone:
        parts.append("known findings that are gone: " + ", ".join(repr(entry.text) for entry in gone))
    if others:
        parts.append("unused suppressions: " + ", ".join(repr(entry.text) for entry in others))
    return parts


def write_note(note: str) -> None:
    """Write a line about lockdep itself; the same line is written only once."""
    if note not in _Process.said:
        _Process.said.add(note)
        write(f"lockdep: {note}\n")


def greenlet_notes() -> list[str]:
    """Return what it means for lockdep that gevent or eventlet has patched threading; nothing if none of them has."""
    library = fastpath.greenlet_library()
    if library is None:
        return []
    if fastpath.BUILD == "pure" and not fastpath.patched_since():
        return [f"{library} has patched threading: the pure build is used, and each greenlet counts as a thread"]
    return [f"{library} patched threading after lockdep was started: no lock has been tracked since then"]


def say_greenlets() -> None:
    """Write those notes, unless they have been written or nothing was to be tracked."""
    if _Process.active:
        for note in greenlet_notes():
            write_note(note)


def stop_for_greenlets() -> None:
    """Stop tracking, since all greenlets look like one thread now, which would hold the locks of all of them."""
    say_greenlets()
    _Process.validator.in_force = _Process.active = False
    disconnect()


def report_hangs_to(stream: int | None) -> None:
    """Write pictures of hangs to this file descriptor from now on; None: to that of the reports."""
    _Process.hangs = None if stream is None else Outlet(stream)


def write_hang(text: str) -> None:
    """Write the picture of a hang."""
    (_Process.hangs or _Process.outlet).write(text)


def before_end(conclude: Callable[[], object]) -> None:
    """Call `conclude` before the process ends because of a deadlock: it writes what would be written at exit."""
    _Process.conclude = conclude


def end_process() -> None:
    """End the process with the option exit_code, whatever its threads do. Reports are written before."""
    try:
        _Process.conclude()
    finally:
        _Process.outlet.end()
        os._exit(_Process.validator.options.exit_code)


def _in_child() -> None:
    """Let only this thread live on in a forked child."""
    fastpath.forked()
    fastpath.forget_imports()
    _Process.outlet.forked()
    _Process.validator.forked()
    if _Process.active and not GRAPH_LOCK.intact:
        connect(_Process.validator)


# Registered first, so it is the last of the atexit callbacks. Modules are cleared after it, and finalizers that run
# then find locks that work and validate nothing.
atexit.register(disconnect, at_end=True)
atexit.register(finish_writing)
finding.tell = tell
_Process.validator = Validator(Options(), deliver)
lend(lambda: _Process.outlet.release(), lambda: _Process.outlet.keep())  # whichever it is then
deactivate()
at_fork(before=GRAPH_LOCK.before_fork, after_in_parent=GRAPH_LOCK.after_fork, after_in_child=GRAPH_LOCK.renew)
at_fork(after_in_child=_in_child)
