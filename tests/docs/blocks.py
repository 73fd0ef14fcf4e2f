"""The code blocks of a page in Markdown, and what each of them is for.

    ```python title="app.py"     a file, written into the folder in which the page is run
    ```python, ```pycon          run in one process for the page, pycon with the output that it shows
    ```console                   commands after `$ `, with the output that they show; `...` stands for any text
    ```sh                        commands whose output is not shown; they must be understood
    ```toml, ```yaml             read; a file if it has a title

A block of another kind, and one that no test can run, has a line before it that says why: <!-- not run: REASON -->
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

FENCE = re.compile(
    r"^(?:<!-- not run: (?P<reason>.+) -->\n)?(?P<indent> *)```(?P<language>\w*)(?P<rest>[^\n]*)\n(?P<text>.*?)^ *```$",
    re.MULTILINE | re.DOTALL,
)
TITLE = re.compile(r'title="([^"]+)"')
RUN = ("python", "pycon", "console", "sh", "toml", "yaml")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its line in the page, language, title, text, and why it is not run, if so."""

    line: int
    language: str
    title: str | None
    text: str
    reason: str | None

    def commands(self) -> Iterator[tuple[str, str]]:
        """Give each command of a console block with the output that follows it."""
        for part in re.split(r"^\$ ", self.text, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            while command.endswith("\\"):
                more, _, output = output.partition("\n")
                command = f"{command[:-1].rstrip()} {more.strip()}"
            yield command, output


def blocks_of(page: Path) -> list[Block]:
    """Return all fenced blocks of a page."""
    text = page.read_text(encoding="utf-8")
    return [block_at(text, match) for match in FENCE.finditer(text)]


def block_at(text: str, match: re.Match[str]) -> Block:
    """Return the block that was matched in the text of a page."""
    title = TITLE.search(match["rest"])
    line = text.count("\n", 0, match.start("indent")) + 1
    return Block(line, match["language"], title and title[1], dedent(match["text"]), match["reason"])


def indented_blocks(page: Path) -> list[int]:
    """Return the lines at which a block begins that is only indented: those would escape the tests."""
    outside = FENCE.sub(lambda match: "\n" * match[0].count("\n"), page.read_text(encoding="utf-8"))
    lines = outside.splitlines()
    return [
        number + 1
        for number, line in enumerate(lines)
        if line.startswith("    ") and not lines[number - 1].strip() and not in_list(lines[:number])
    ]


def in_list(before: list[str]) -> bool:
    """Return whether the last line before that begins at the margin begins an item of a list, or an admonition."""
    margin = next((line for line in reversed(before) if line and not line.startswith(" ")), "")
    return bool(re.match(r"[-*] |\d+\. |!!! |\?\?\? ", margin))
