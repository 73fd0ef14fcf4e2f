"""The kind of a dependency: bits for how its two locks were taken, and the words for them in files and reports.

The first word is E or S for a first lock held exclusively or shared, and N or R for a second one taken as an ordinary
or a recursive reader (or writer: N): EN, ER, SN, SR, as in the kernel. More words follow for other bits: `EN timed
wait`.
"""

from __future__ import annotations

PROCESS = "process"  # the kind of a lock that excludes the threads of other processes, too
SHARED, RECURSIVE, TIMED, WAIT, EVENT = 1, 2, 4, 8, 16

_FLAGS = {"timed": TIMED, "wait": WAIT, "event": EVENT}


def kind_text(kind: int) -> str:
    """Return the kind of a dependency in words: EN, SR, `EN timed`."""
    return _WORDS[kind]


def kind_bits(text: str) -> int:
    """Return the kind that these words stand for; ValueError if they stand for none."""
    if text not in KINDS:
        raise ValueError(f"{text!r} is no kind of dependency")
    return KINDS[text]


def _words_of(kind: int) -> str:
    held = "S" if kind & SHARED else "E"
    wanted = "R" if kind & RECURSIVE else "N"
    return " ".join((held + wanted, *(word for word, bit in _FLAGS.items() if kind & bit)))


_WORDS = [_words_of(kind) for kind in range(EVENT << 1)]
KINDS = {words: kind for kind, words in enumerate(_WORDS)}
