"""No file of the distribution is longer than a reader can take in."""

import pytest

from tests.sizes import file_size, source_files

pytestmark = pytest.mark.once

MOST_LINES = {".py": 500, ".h": 500, ".pxd": 200}


@pytest.mark.parametrize("suffix", MOST_LINES)
def test_no_file_is_too_long(suffix: str) -> None:
    sizes = [file_size(path) for path in source_files(suffix)]

    assert sizes, f"there are no {suffix} files"
    assert [size for size in sizes if size.lines > MOST_LINES[suffix]] == []
