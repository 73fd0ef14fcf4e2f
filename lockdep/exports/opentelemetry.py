"""Lock statistics for OpenTelemetry: instruments that are read when the SDK exports."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from lockdep.exports.measures import COUNTERS, GAUGES, TIMES, Measure, SharedReading, findings

try:
    from opentelemetry.metrics import CallbackOptions, Meter, Observation, get_meter
except ImportError as _error:
    raise ImportError(f"{__name__} needs OpenTelemetry: pip install lockdep[opentelemetry]") from _error

Callback = Callable[[CallbackOptions], Iterable[Observation]]


def observe_locks(meter: Meter | None = None, names: str = "*") -> None:
    """Make the instruments of a meter, by default one of the global provider, for locks whose names match a glob.

    The counters are lockdep.lock.acquisitions, .contentions, .bounces, .timeouts, .wait and .hold (seconds, while times
    are measured) and lockdep.findings; lockdep.lock.waiting and .holding are numbers of threads. Attributes are lock,
    kind and mode, or slug and grade. Call it once for a meter.
    """
    chosen = get_meter("lockdep") if meter is None else meter
    reading = SharedReading(names)
    for measure in (*COUNTERS, *TIMES):
        made = [observation_of(measure, reading)]
        chosen.create_observable_counter(full(measure), made, unit=measure.unit or "1", description=measure.text)
    for measure in GAUGES:
        made = [observation_of(measure, reading)]
        chosen.create_observable_gauge(full(measure), made, unit="{thread}", description=measure.text)
    text = "How many findings there are."
    chosen.create_observable_counter("lockdep.findings", [observe_findings], unit="{finding}", description=text)


def full(measure: Measure) -> str:
    return f"lockdep.lock.{measure.name}"


def observation_of(measure: Measure, reading: SharedReading) -> Callback:
    """Return the function that the SDK calls to read a measure of all locks."""

    def observe(_options: CallbackOptions) -> Iterable[Observation]:
        return [Observation(measure.read(one), labels._asdict()) for labels, one in reading.locks().items()]

    return observe


def observe_findings(_options: CallbackOptions) -> Iterable[Observation]:
    """Return how many findings there are of each kind and grade."""
    return [Observation(count, {"slug": slug, "grade": grade}) for (slug, grade), count in findings().items()]
