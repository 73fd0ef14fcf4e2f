"""The recipes in docs/exports.md, run against the real client libraries: what arrives is what lockdep has found."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from lockdep import runtime
from tests.docs.blocks import blocks_of
from tests.sourcetree import ROOT
from tests.worlds import Lock, nest, world

pytestmark = pytest.mark.once


@pytest.fixture(autouse=True)
def own_world() -> Iterator[None]:
    with world():
        yield


def recipe(word: str) -> dict[str, Any]:
    """Run the block of the page that imports a module, and return its names."""
    (block,) = (
        one
        for one in blocks_of(ROOT / "docs/exports.md")
        if one.language == "python" and f"import {word}\n" in one.text
    )
    names: dict[str, Any] = {"__name__": "recipe"}
    exec(compile(block.text, "docs/exports.md", "exec"), names)
    return names


def invert() -> str:
    """Make a finding and return its id."""
    a, b = Lock("sent a"), Lock("sent b")
    nest(a, b)
    nest(b, a)
    (finding,) = runtime.findings()
    return finding.id


def keep_order() -> None:
    a, b = Lock("sent a"), Lock("sent b")
    nest(a, b)
    nest(a, b)


def test_findings_are_records_of_logging(caplog: pytest.LogCaptureFixture) -> None:
    names = recipe("logging")
    with caplog.at_level(logging.INFO, "locks"):
        keep_order()
        id_ = invert()
        names["end_logging"]()

    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert record.getMessage() == "possible circular locking dependency detected: sent a -> sent b"
    assert record.__dict__["lockdep"]["id"] == id_


def test_findings_are_events_of_sentry() -> None:
    sentry = pytest.importorskip("sentry_sdk")
    transport = pytest.importorskip("sentry_sdk.transport")
    sent: list[Any] = []

    class Kept(transport.Transport):  # type: ignore[misc, name-defined]
        def capture_envelope(self, envelope: Any) -> None:
            sent.append(envelope)

    sentry.init(dsn="https://key@sentry.example/1", transport=Kept, default_integrations=False)
    names = recipe("sentry_sdk")
    (sender,) = (one for one in names["threading"].enumerate() if one.name == "findings to Sentry")
    keep_order()
    id_ = invert()
    names["stop_sentry"]()
    names["found"].put(None)
    sender.join()
    sentry.get_client().close()
    sentry.init(default_integrations=False)

    (event,) = [envelope.get_event() for envelope in sent if envelope.get_event()]
    assert (event["message"], event["level"]) == ("possible circular locking dependency detected", "error")
    assert event["fingerprint"] == ["lockdep", id_]
    assert event["tags"] == {"lockdep.slug": "circular", "lockdep.grade": "potential"}
    attached = [item.get_bytes() for envelope in sent for item in envelope.items if item.type == "attachment"]
    assert [b"sent a" in report for report in attached] == [True]
