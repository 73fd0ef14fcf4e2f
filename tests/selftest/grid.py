"""The grid: rows are scenarios, columns are kinds of lock, one table for each group of cases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.selftest.play import OK, Outcome


def render(outcomes: Sequence[Outcome]) -> str:
    """Return the tables, a line for each failure, and the count."""
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(outcome.case.group, []).append(outcome)
    lines = [line for name, group in groups.items() for line in table(name, group)]
    failures = [outcome for outcome in outcomes if outcome.verdict != OK]
    lines += [line for outcome in failures for line in explanation(outcome)]
    return "\n".join([*lines, f"{len(outcomes) - len(failures)} passed, {len(failures)} failed"])


def table(name: str, group: Sequence[Outcome]) -> Iterator[str]:
    cells: dict[str, dict[str, str]] = {}
    for outcome in group:
        row = cells.setdefault(outcome.case.row, {})
        if row.get(outcome.case.column, OK) == OK:  # a cell with several cases shows the first failure
            row[outcome.case.column] = outcome.verdict
    columns = list(dict.fromkeys(outcome.case.column for outcome in group))
    widths = [max(len(column), *(len(row.get(column, "")) for row in cells.values())) for column in columns]
    first = max(len(name), *map(len, cells))
    yield "  ".join([name.ljust(first), *map(str.rjust, columns, widths)])
    yield "-" * (first + sum(widths) + 2 * len(widths))
    for row, found in cells.items():
        yield "  ".join([row.ljust(first), *(found.get(c, "").rjust(w) for c, w in zip(columns, widths, strict=True))])
    yield ""


def explanation(outcome: Outcome) -> Iterator[str]:
    yield f"{outcome.case.name}: {outcome.verdict}: expected {outcome.expected}; found {outcome.actual}"
