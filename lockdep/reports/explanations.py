"""What each kind of finding means, with an example, and what to do: the sections of findings.md."""

from __future__ import annotations

import re
import textwrap
from functools import cache
from pathlib import Path
from typing import NamedTuple

PAGE = Path(__file__).parent / "findings.md"
WIDTH = 80
HEADING = re.compile(r"^## `([a-z-]+)`: (.+)$", re.MULTILINE)


class Explanation(NamedTuple):
    """One section: the kind of finding, the title that reports have, and the text in Markdown."""

    slug: str
    title: str
    text: str

    def __str__(self) -> str:
        return filled(f"{self.slug}: {self.title}\n\n{self.text}\n")


def filled(text: str) -> str:
    """Return text whose paragraphs fit a terminal; examples, which are indented, stay as they are."""
    blocks = text.split("\n\n")
    return "\n\n".join(block if block.startswith(" ") else fill(block) for block in blocks)


def fill(paragraph: str) -> str:
    end = "\n" * paragraph.endswith("\n")
    return textwrap.fill(paragraph, WIDTH, break_on_hyphens=False, break_long_words=False) + end


@cache
def explanations() -> tuple[Explanation, ...]:
    """Return all sections, in the order of the page. Reads the page once."""
    _, *parts = HEADING.split(PAGE.read_text(encoding="utf-8"))
    sections = zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    return tuple(Explanation(slug, title, text.strip()) for slug, title, text in sections)


def explain(slug: str) -> str:
    """Return the sections about a kind; '' if there is no such kind."""
    return "\n".join(str(one) for one in explanations() if one.slug == slug)
