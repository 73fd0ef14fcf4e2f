"""A bound that is too small for the program."""

import lockdep
from lockdep.fastpath import ExclusiveLock

first, second, third = ExclusiveLock("first"), ExclusiveLock("second"), ExclusiveLock("third")


def nest():
    with first, second, third:
        pass


with lockdep.use(lockdep.Validator(lockdep.Options(max_chains=2))):
    nest()
