"""The composition root: the validator of this process, where its findings go, and what happens at fork.

Findings are written to a file descriptor the moment they are found, with os.write: no Python lock, no user's stream,
nothing that could wait for a lock the thread holds.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
from collections.abc import Callable, Iterator

from lockdep import fastpath, trace
from lockdep.config import Options
from lockdep.graph.classes import registry
from lockdep.splats import splat
from lockdep.validator.validator import Validator
from lockdep.violations import finding
from lockdep.violations.finding import Finding

_callbacks: list[Callable[[Finding], None]] = []


class _Process:
    """What there is one of."""

    validator: Validator
    active = False
    decided = False
    stream: int | None = 2
    said: set[str] = set()  # noqa: RUF012 - one process, one set


def validator() -> Validator:
    """Return the validator in force."""
    return _Process.validator


def activate(chosen: Validator) -> None:
    """Put a validator in force and track locks from now on."""
    leave(_Process.validator)
    _Process.validator = chosen
    _Process.decided = True
    _Process.active = chosen.in_force = chosen.options.enabled
    registry.ignored = chosen.options.ignore
    if chosen.options.stat:
        fastpath.switch_stat(True)
    chosen.sink = deliver
    chosen.warn = write_note
    connect(chosen)


def connect(chosen: Validator) -> None:
    """Have the fast path ask a validator."""
    fastpath.connect(
        chosen.root if chosen.options.enabled else None,
        chosen,
        registry.locate,
        trace.is_ours,
        chosen.options.max_instances,
        1.0 if raises(chosen.options) else 0.1,
    )


def raises(options: Options) -> bool:
    """Return whether a lock that waits for its own holder ends in an exception: then a hand-off is given more time."""
    return options.raise_on_recursion or options.raise_on_deadlock


def deactivate() -> None:
    """Track nothing more; locks go on working."""
    leave(_Process.validator)
    _Process.active = False
    fastpath.connect(None, _Nobody, registry.locate, trace.is_ours)


def leave(chosen: Validator) -> None:
    """What happened until now is this validator's, what comes is not."""
    if chosen.in_force:
        chosen.collect()
        chosen.in_force = False


class _Nobody:
    """Nothing is tracked, nothing is judged."""

    @staticmethod
    def recursion(*_: object) -> None:
        """A lock waits for its own holder."""

    @staticmethod
    def name_of(*_: object) -> str:
        """Whoever it is."""
        return "unnamed thread"

    @staticmethod
    def contended(*_: object) -> None:
        """Nobody notes where."""

    @staticmethod
    def misuse(*_: object) -> None:
        """A release that will fail."""


def decided() -> bool:
    """Return whether anybody has put a validator in force yet."""
    return _Process.decided


def is_active() -> bool:
    """Return whether locks are tracked now."""
    return _Process.active


@contextlib.contextmanager
def use(chosen: Validator) -> Iterator[Validator]:
    """Validate with another validator for a while: its own chains, dependencies and findings. For tests."""
    before, active = _Process.validator, _Process.active
    activate(chosen)
    try:
        yield chosen
    finally:
        activate(before)
        if not active:
            deactivate()


def reset() -> None:
    """Forget chains, dependencies and findings. The old trie is leaked: threads may be standing in it."""
    active = _Process.active
    activate(Validator(_Process.validator.options))
    if not active:
        deactivate()


def findings() -> tuple[Finding, ...]:
    """Return what was found so far, without the suppressed ones."""
    return tuple(found for found in _Process.validator.findings() if not found.suppressed)


def failing() -> tuple[Finding, ...]:
    """Return the findings that fail a run: not suppressed, and at or above the option fail_on."""
    options = _Process.validator.options
    return tuple(found for found in findings() if options.strict or found.at_least(options.fail_on))


def on_finding(callback: Callable[[Finding], None]) -> Callable[[], None]:
    """Call `callback` with each finding, in the thread that made it; return a function that undoes this."""
    _callbacks.append(callback)

    def undo() -> None:
        with contextlib.suppress(ValueError):
            _callbacks.remove(callback)

    return undo


def report_to(stream: int | None) -> None:
    """Write splats to this file descriptor, or nowhere."""
    _Process.stream = stream


def deliver(found: Finding) -> None:
    """Hand a finding to the stream and the callbacks. One callback's exception does not keep it from the others."""
    if found.suppressed:
        return
    for callback in tuple(_callbacks):
        try:
            callback(found)
        except Exception as error:
            write(f"lockdep: a callback for findings failed: {error!r}\n")
    if _Process.stream is not None:
        write(text_of(found))


def text_of(found: Finding) -> str:
    """Return the full splat, or the short form for a cycle through a dependency that was reported already."""
    if found.related is None:
        return splat.render_splat(found)
    return splat.render_related(found, set(found.dependencies) & set(found.related.dependencies))


def write(text: str) -> None:
    """Write to the report stream; a full disk or a closed descriptor is no reason to disturb the program."""
    data = text.encode("utf-8", "backslashreplace")
    while data and _Process.stream is not None:
        try:
            data = data[os.write(_Process.stream, data) :]
        except OSError:
            return


def summary() -> str:
    """Return one line for the end of a run."""
    found = findings()
    errors = sum(one.level == "error" for one in found)
    chosen = _Process.validator
    parts = [f"{errors} error{'s' * (errors != 1)}", f"{len(found) - errors} warning{'s' * (len(found) - errors != 1)}"]
    hidden = sum(one.suppressed for one in chosen.findings())
    if hidden:
        parts.append(f"{hidden} suppressed")
    dependencies = len(chosen.graph.dependencies())
    counts = f"{len(registry.classes())} lock classes, {dependencies} dependencies, {chosen.chains} chains"
    return f"lockdep ({fastpath.BUILD}): {', '.join(parts)}; {counts}{shortcomings(chosen)}"


def shortcomings(chosen: Validator) -> str:
    """Say what was not checked, if anything was not."""
    parts = []
    if chosen.chains >= chosen.options.max_chains:
        parts.append(f"max_chains ({chosen.options.max_chains}) reached: longer runs are checked pair by pair")
    if any(order.saturated for order in chosen.rules.orders.values()):
        parts.append(f"max_pairs ({chosen.options.max_pairs}) reached: new orders within a class are not learned")
    if chosen.book.failure is not None:
        parts.append(f"failed internally {chosen.failures} times, first {chosen.book.failure!r}")
    parts += greenlet_notes() if fastpath.BUILD == "compiled" else []
    unused = chosen.book.suppressions.unused()
    if unused:
        parts.append("unused suppressions: " + ", ".join(repr(entry.text) for entry in unused))
    return "".join(f"; {part}" for part in parts)


def write_note(note: str) -> None:
    """Write a line about lockdep itself, once."""
    if note not in _Process.said:
        _Process.said.add(note)
        write(f"lockdep: {note}\n")


def greenlet_notes(*, patching: bool = False) -> list[str]:
    """Say what gevent's monkey patch means here: nothing when it has not patched threading."""
    if not patching and not fastpath.greenlets_patched():
        return []
    if fastpath.BUILD == "pure":
        return ["gevent has patched threading: the pure build is used, and each greenlet counts as a thread"]
    return [
        "gevent patched threading after lockdep: locks made since are not tracked, and greenlets look like one thread"
    ]


def _in_child() -> None:
    fastpath.forked()
    if not _Process.validator.forked() and _Process.active:
        connect(_Process.validator)


# The last of the atexit callbacks: modules are taken apart after it, and finalizers then only lock.
atexit.register(fastpath.connect, None, _Nobody, registry.locate, trace.is_ours)
if fastpath.BUILD == "pure":
    # What stands in sys.modules is emptied at the very end, name by name; finalizers still lock then.
    atexit.register(sys.modules.pop, fastpath.NAME, None)
finding.render = splat.render_splat
_Process.validator = Validator(Options(), deliver)
deactivate()
os.register_at_fork(
    before=lambda: _Process.validator.before_fork(),
    after_in_parent=lambda: _Process.validator.after_fork(),
    after_in_child=_in_child,
)
