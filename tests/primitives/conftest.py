"""Each test has a validator of its own, and actors that end with it."""

from collections.abc import Iterator

import pytest

from lockdep.validator.validator import Validator
from tests.primitives.contract import Cast
from tests.worlds import world


@pytest.fixture(autouse=True)
def validator() -> Iterator[Validator]:
    with world(strict=True) as validator:
        yield validator
        validator.check_invariants()
        assert validator.failures == 0, validator.book.failure


@pytest.fixture
def actor() -> Iterator[Cast]:
    cast = Cast()
    yield cast
    cast.end()
