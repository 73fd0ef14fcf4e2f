"""A bound that is too small for the program."""

import os

import lockdep
from lockdep.fastpath import ExclusiveLock

first, second, third = ExclusiveLock("first"), ExclusiveLock("second"), ExclusiveLock("third")


def nest():
    with first, second, third:
        pass


style = os.environ["LOCKDEP_OPTIONS"].partition("=")[2]
with lockdep.use(lockdep.Validator(lockdep.Options(max_chains=2, style=style))):
    nest()


SHOWS = {"BoundReached": "BUG: max_chains too low!"}
EXPECTED = """\

========================
BUG: max_chains too low!
Python VERSION SYSTEM [5e1cf42878df]
------------------------
max_chains = 2 is reached: chains are judged pair by pair, each time.
Everything else goes on.
Set a larger one: LOCKDEP_OPTIONS="max_chains=...", or in [tool.lockdep] of pyproject.toml.

thread MainThread came upon it at:
      bound.py:12 in nest
        with first, second, third:
      bound.py:18 in <module>
        nest()

evidence: unmatched (warning): chains are judged pair by pair, each time
lockdep: 0 errors, 0 warnings
"""

SHORT = """\

========================
BUG: max_chains too low!                                          [5e1cf42878df]
------------------------
MainThread reached max_chains = 2
    bound.py:18  <module>  nest()
  > bound.py:12  nest      with first, second, third:                       here

warning, unmatched: chains are judged pair by pair, each time
why     everything else goes on
fix     set a larger one: LOCKDEP_OPTIONS="max_chains=...", or max_chains in
        [tool.lockdep] of pyproject.toml
accept  suppress = ["bound: *  # why"]
more    lockdep explain bound     --style kernel     --frames all
lockdep: 0 errors, 0 warnings
"""
