"""One measured line and how it is printed. Measuring and presenting meet only in Row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tests.bench.measure import Comparison


@dataclass(frozen=True, slots=True)
class Row:
    """value is compared with target (None: shown for information); note is free text after it."""

    what: str
    value: float
    unit: str
    target: float | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        if self.target is None:
            return ""
        return "ok" if self.value <= self.target else "OVER"


def ratio_row(what: str, measured: Comparison, target: float | None, note: str = "") -> Row:
    absolute = f"{measured.raw:.0f} -> {measured.validated:.0f} ns"
    return Row(what, measured.ratio, "x", target, f"{absolute}{', ' if note else ''}{note}")


def render_heading() -> str:
    return f"{'':58}{'measured':>12}{'target':>12}"


def render_rows(rows: Iterable[Row]) -> Iterable[str]:
    for row in rows:
        target = "" if row.target is None else f"{row.target:.2f} {row.unit}"
        value = f"{row.value:.2f} {row.unit}"
        yield f"  {row.what:56}{value:>12}{target:>12}  {row.verdict:5} {row.note}".rstrip()
