"""Lock statistics for Prometheus: a collector for prometheus_client, and the text that it makes.

from prometheus_client import REGISTRY
REGISTRY.register(LockCollector())
"""

from __future__ import annotations

from collections.abc import Iterator

from lockdep.exports.measures import COUNTERS, GAUGES, TIMES, Labels, Measure, findings, locks
from lockdep.snapshots.lock_statistics import ClassStatistics, Durations

try:
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
    from prometheus_client.registry import Collector
except ImportError as _error:
    raise ImportError(f"{__name__} needs prometheus_client: pip install lockdep[prometheus]") from _error

BOUNDS = tuple(1 << octave for octave in range(10, 36, 2))  # in ns: 1 us to 17 s; powers of two end a bucket of ours
LABELS = Labels._fields


class LockCollector(Collector):
    """Gives the lock classes whose names match a glob, as they are when Prometheus asks.

    Its metrics are lockdep_lock_acquisitions_total, _contentions_total, _bounces_total, _timeouts_total, _waiting and
    _holding, with the labels lock, kind and mode; lockdep_findings_total with slug and grade; and, for locks whose
    times are measured, the histograms lockdep_lock_wait_seconds and lockdep_lock_hold_seconds.
    """

    def __init__(self, names: str = "*") -> None:
        self._names: str = names

    def describe(self) -> list[Metric]:
        """Return nothing, so that registering reads no statistics."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Read the statistics and give them as metrics."""
        read = list(locks(self._names).items())
        for measure in COUNTERS:
            yield plain(CounterMetricFamily(full(measure), measure.text, labels=LABELS), measure, read)
        for measure in GAUGES:
            yield plain(GaugeMetricFamily(full(measure), measure.text, labels=LABELS), measure, read)
        for measure in TIMES:
            yield histogram(measure, read)
        found = CounterMetricFamily("lockdep_findings", "How many findings there are.", labels=("slug", "grade"))
        for labels, count in findings().items():
            found.add_metric(labels, count)
        yield found


def text(names: str = "*") -> str:
    """Return the statistics in the format that Prometheus reads; for a page of your own, or the textfile collector."""
    registry = CollectorRegistry()
    registry.register(LockCollector(names))
    return generate_latest(registry).decode()


def full(measure: Measure) -> str:
    return f"lockdep_lock_{measure.name}"


def plain(
    family: CounterMetricFamily | GaugeMetricFamily, measure: Measure, read: list[tuple[Labels, ClassStatistics]]
) -> Metric:
    """Return a metric with one number for each lock class."""
    for labels, one in read:
        family.add_metric(labels, measure.read(one))
    return family


def histogram(measure: Measure, read: list[tuple[Labels, ClassStatistics]]) -> Metric:
    """Return the durations of each lock class whose times were measured."""
    family = HistogramMetricFamily(f"{full(measure)}_seconds", measure.text, labels=LABELS)
    for labels, one in read:
        times = one.wait if measure.name == "wait" else one.hold
        if times is not None:
            family.add_metric(labels, buckets(times), measure.read(one))
    return family


def buckets(times: Durations) -> list[tuple[str, float]]:
    """Return for each bound how many durations are below it. Waits that have not ended are below none but the last."""
    below = [(f"{bound / 1e9}", float(sum(n for end, n in times.histogram if end <= bound))) for bound in BOUNDS]
    return [*below, ("+Inf", float(times.count))]
