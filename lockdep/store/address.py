"""Where a store is: the URL of a database of SQLite or PostgreSQL, or the path of a SQLite file.

Nothing is imported, opened or made here.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

DRIVER = "postgresql+psycopg"
FORM = "postgresql://USER@HOST:PORT/DATABASE"
SCHEMES = ("sqlite", "postgresql", DRIVER)


class StoreError(Exception):
    """A store cannot be used, or does not have what is asked for. The message is one line."""


@dataclass(frozen=True, slots=True)
class Address:
    """A database: the URL of a server, or the absolute path of a SQLite file."""

    url: str | None
    path: str | None

    @classmethod
    def parse(cls, text: str) -> Address:
        """Return the address that a URL or a path gives. StoreError if it is neither."""
        scheme, mark, rest = text.partition("://")
        if not mark:
            return cls.of_file(text)
        if scheme not in SCHEMES:
            known = "sqlite:///PATH, postgresql://USER@HOST/DATABASE or the path of a file"
            raise StoreError(f"{scheme[:40]!r} is no kind of store: give {known}")
        if scheme == "sqlite":
            return cls.of_file(rest[1:] if rest.startswith("/") else "")
        check_server(text)
        return cls(f"{DRIVER}://{rest}", None)

    @classmethod
    def of_file(cls, path: str) -> Address:
        """Return the address of a SQLite file. StoreError if the path is empty, or has a zero character."""
        if not path or "\0" in path or path == ":memory:":
            raise StoreError("a store of SQLite needs the path of a file: sqlite:///PATH")
        return cls(None, os.path.abspath(path))

    def __str__(self) -> str:
        """The address as messages show it, without a password."""
        if self.url is None:
            return str(self.path)
        shown = re.sub(r"://([^/?]*?):[^/?]*@", r"://\1:***@", self.url)
        return re.sub(r"([?&]password=)[^&]*", r"\1***", shown).replace(DRIVER, "postgresql", 1)


def check_server(text: str) -> None:
    """Raise StoreError if the URL of a server has no name of a database, or a port that is none."""
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018  # it raises ValueError
    except ValueError:  # it may show a part of the password
        raise StoreError(f"malformed URL: its host or port cannot be understood: {FORM}") from None
    if not parts.path.strip("/"):
        raise StoreError(f"malformed URL: it names no database: {FORM}")
