"""The styles in which a report is shown: `kernel` is its text in full, `short` has what decides first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from lockdep.splats import short
from lockdep.splats.document import Document, TextLine
from lockdep.violations.suppressions import Suppressible
from lockdep.vocabulary.styles import ALL, AUTO, SHORT, USER


class Look(NamedTuple):
    """How reports are shown: in the style `short`, `kernel`, or `auto`, which fits the finding; whose calls; colour.

    `dashes` is how the options begin that show more of a report.
    """

    style: str = AUTO
    frames: str = USER
    colour: bool = False
    dashes: str = "--"

    def lines(self, document: Document, finding: Suppressible) -> Iterator[TextLine]:
        """Yield the lines of a report."""
        if self.is_short(document):
            return short.lines(document, finding, libraries=self.frames == ALL, dashes=self.dashes)
        return document.lines()

    def is_short(self, document: Document) -> bool:
        """Return whether a report is shown in the short style."""
        return self.style == SHORT or (self.style == AUTO and not document.header.kernel)


PLAIN = Look()
