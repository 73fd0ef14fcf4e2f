"""The line at the end of a run: what was found, how much was seen, and what is missing."""

from __future__ import annotations

from collections.abc import Iterable

WIDTH = 80


def summary_line(build: str, found: str, seen: tuple[int, int, int], missing: Iterable[str]) -> str:
    """Return the line. `seen` are the numbers of lock classes, dependencies and chains.

    It stays one line of WIDTH columns: the last of these numbers are left out if there is no room for them. Only what
    is missing may make it longer.
    """
    head = f"lockdep ({build}): {found}"
    counts = [plural(count, word) for count, word in zip(seen, ("lock class", "dependency", "chain"), strict=True)]
    texts = [f"{head}; {', '.join(counts[:shown])}" for shown in range(1, len(counts) + 1)]
    fitting = max((text for text in texts if len(text) <= WIDTH), key=len, default=head)
    return "; ".join([fitting, *missing])


def plural(count: int, word: str) -> str:
    """Return a number and a word, which is put into the plural if need be."""
    if count == 1:
        return f"1 {word}"
    return f"{count} {word[:-1]}ies" if word.endswith("y") else f"{count} {word}{'es' if word.endswith('s') else 's'}"
