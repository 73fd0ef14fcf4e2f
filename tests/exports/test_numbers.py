"""Lock statistics and findings in Prometheus and OpenTelemetry: each number is that of lockdep."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

from lockdep import lock_stat
from lockdep.exports import measures
from lockdep.snapshots.lock_statistics import Durations
from tests.patience import PROGRAM_LIMIT
from tests.sourcetree import ROOT
from tests.worlds import Lock, nest, world

pytestmark = pytest.mark.ends

NAMES = "exported *"
ACCOUNTS = {"lock": "exported accounts", "kind": "Lock", "mode": "write"}


@pytest.fixture(autouse=True)
def measured() -> Iterator[None]:
    """Run in a world of its own, with times measured from zero."""
    with world():
        lock_stat.clear()
        lock_stat.start()
        yield
        lock_stat.stop()
        lock_stat.clear()


def used() -> Any:
    """Take two locks in both orders: six acquisitions, one finding."""
    accounts, journal = Lock("exported accounts"), Lock("exported journal")
    nest(accounts, journal)
    nest(journal, accounts)
    nest(accounts)
    return accounts


def samples(text: str) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    """Return what Prometheus reads from a text: the value of each series by name and labels."""
    parser = import_module("prometheus_client.parser")
    found: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
    for family in parser.text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sorted(sample.labels.items()))] = sample.value
    return found


def key(**labels: str) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(labels.items()))


def test_prometheus_reads_the_counts_and_times() -> None:
    pytest.importorskip("prometheus_client")
    from lockdep.exports import prometheus

    used()

    read = samples(prometheus.text(NAMES))
    assert read["lockdep_lock_acquisitions_total"][key(**ACCOUNTS)] == 3
    assert read["lockdep_lock_acquisitions_total"][key(**ACCOUNTS | {"lock": "exported journal"})] == 2
    assert set(read["lockdep_lock_contentions_total"].values()) == {0}
    assert read["lockdep_findings_total"] == {key(slug="circular", grade="potential"): 1}
    (accounts,) = (one for one in lock_stat.lock_stats() if one.name == "exported accounts")
    assert accounts.hold is not None
    assert read["lockdep_lock_hold_seconds_sum"][key(**ACCOUNTS)] == accounts.hold.total_ns / 1e9
    assert read["lockdep_lock_hold_seconds_count"][key(**ACCOUNTS)] == 3
    bounds = [
        value
        for labels, value in read["lockdep_lock_hold_seconds_bucket"].items()
        if set(labels) > set(key(**ACCOUNTS))
    ]
    assert bounds == sorted(bounds)
    assert bounds[-1] == 3


def test_without_a_finding_there_is_no_series_of_it() -> None:
    pytest.importorskip("prometheus_client")
    from lockdep.exports import prometheus

    nest(Lock("exported accounts"), Lock("exported journal"))

    assert "lockdep_findings_total" not in samples(prometheus.text(NAMES))


def test_prometheus_reads_who_waits_and_holds_now() -> None:
    pytest.importorskip("prometheus_client")
    from lockdep.exports import prometheus

    accounts = used()

    with accounts:
        read = samples(prometheus.text(NAMES))

    assert read["lockdep_lock_holding"][key(**ACCOUNTS)] == 1
    assert read["lockdep_lock_waiting"][key(**ACCOUNTS)] == 0
    assert samples(prometheus.text(NAMES))["lockdep_lock_holding"][key(**ACCOUNTS)] == 0


def test_a_registry_asks_the_collector_when_it_is_read() -> None:
    client = pytest.importorskip("prometheus_client")
    from lockdep.exports.prometheus import LockCollector

    registry = client.CollectorRegistry()
    registry.register(LockCollector(NAMES))
    before = registry.get_sample_value("lockdep_lock_acquisitions_total", ACCOUNTS)

    used()

    assert (before, registry.get_sample_value("lockdep_lock_acquisitions_total", ACCOUNTS)) == (None, 3)


def test_the_buckets_of_a_histogram_count_what_is_below_them() -> None:
    pytest.importorskip("prometheus_client")
    from lockdep.exports.prometheus import buckets

    times = Durations(5, 10_000, 500, 9_000, ((512, 2), (1024, 1), (1280, 1)))  # and one that has not ended

    assert buckets(times)[:2] == [("1.024e-06", 3), ("4.096e-06", 4)]
    assert buckets(times)[-1] == ("+Inf", 5)


def test_the_statistics_are_read_once_for_all_instruments(monkeypatch: pytest.MonkeyPatch) -> None:
    now, read = [100.0], []
    monkeypatch.setattr(measures, "monotonic", lambda: now[0])
    monkeypatch.setattr(measures, "locks", lambda names: read.append(names) or {})
    shared = measures.SharedReading("a*")

    assert (shared.locks(), shared.locks()) == ({}, {})
    now[0] += measures.FRESH_SECONDS
    shared.locks()

    assert read == ["a*", "a*"]


def test_opentelemetry_reads_the_same() -> None:
    sdk = pytest.importorskip("opentelemetry.sdk.metrics")
    export = import_module("opentelemetry.sdk.metrics.export")
    from lockdep.exports.opentelemetry import observe_locks

    reader = export.InMemoryMetricReader()
    provider = sdk.MeterProvider(metric_readers=[reader])
    observe_locks(provider.get_meter("test"), NAMES)
    used()

    read = {
        metric.name: {key(**point.attributes): point.value for point in metric.data.data_points}
        for resource in reader.get_metrics_data().resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    }
    provider.shutdown()
    assert read["lockdep.lock.acquisitions"][key(**ACCOUNTS)] == 3
    assert read["lockdep.findings"] == {key(slug="circular", grade="potential"): 1}
    (accounts,) = (one for one in lock_stat.lock_stats() if one.name == "exported accounts")
    assert accounts.hold is not None
    assert read["lockdep.lock.hold"][key(**ACCOUNTS)] == accounts.hold.total_ns / 1e9
    assert read["lockdep.lock.holding"][key(**ACCOUNTS)] == 0


@pytest.mark.parametrize(
    ("module", "library"), [("prometheus", "prometheus_client"), ("opentelemetry", "OpenTelemetry")]
)
def test_without_the_library_the_error_says_what_to_install(module: str, library: str) -> None:
    hidden = "sys.modules['prometheus_client'] = sys.modules['opentelemetry'] = None"
    program = f"import sys\n{hidden}\nimport lockdep.exports.{module}"

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=PROGRAM_LIMIT
    )

    error = f"ImportError: lockdep.exports.{module} needs {library}: pip install lockdep[{module}]"
    assert done.stderr.splitlines()[-1] == error
