"""What lockdep costs: `python -m tests.bench [GROUP...]` prints measured ratios beside their targets.

Promises: every ratio compares a validated lock with the raw lock in the same process, batch by batch, so that a slow
machine or a busy neighbour moves both sides. Nothing here asserts: a clock in a test suite is a coin.

Does not: warm the machine, pin cores, or average several processes. Run it twice before believing a difference of 5 %.
"""
