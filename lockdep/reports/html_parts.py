"""Parts of a page: escaped text, elements and tables. Nothing of a program can become markup."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from lockdep.reports.printable import printable


def text(value: object) -> str:
    """Return a value as text of a page. What cannot be printed is written as escapes."""
    return escape(printable(str(value), keep="\n"))


def element(name: str, *content: str, **attributes: str) -> str:
    """Return an element; its content is markup already, its attributes are text. `class_` stands for class."""
    named = "".join(f' {key.rstrip("_").replace("_", "-")}="{text(value)}"' for key, value in attributes.items())
    return f"<{name}{named}>{''.join(content)}</{name}>"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], **attributes: str) -> str:
    """Return a table; the cells are markup already."""
    top = element("thead", element("tr", *(element("th", text(cell)) for cell in head)))
    body = element("tbody", *(element("tr", *(element("td", cell) for cell in row)) for row in rows))
    return element("table", top, body, **attributes)
