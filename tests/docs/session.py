"""Run the blocks of Python in a page, one after the other, in this process: python -m tests.docs.session PAGE

What a block of the kind pycon prints is compared with what it shows. The exit status is 1 if that differs, or if a
block ends with an exception that it does not show.
"""

import doctest
import sys
from pathlib import Path
from typing import Any

from tests.docs.blocks import Block, blocks_of

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def main(page: Path) -> int:
    """Run the blocks of a page; return how many differ."""
    names: dict[str, Any] = {"__name__": page.stem}
    blocks = [one for one in blocks_of(page) if one.reason is None and one.title is None]
    return sum(run(one, page, names) for one in blocks if one.language in ("python", "pycon"))


def run(block: Block, page: Path, names: dict[str, Any]) -> int:
    """Run one block with the names that those before it have made."""
    if block.language == "python":
        exec(compile("\n" * block.line + block.text, str(page), "exec"), names)
        return 0
    test = doctest.DocTestParser().get_doctest(block.text, names, page.name, str(page), block.line)
    test.globs = names  # not a copy
    return doctest.DocTestRunner(optionflags=FLAGS).run(test, clear_globs=False).failed


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])) > 0)
