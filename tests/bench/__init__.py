"""What lockdep costs: `python -m tests.bench [GROUP...]` prints measured ratios beside their targets.

Every ratio compares a validated lock with the raw lock in the same process, in alternating batches, so that a slow or
busy machine affects both sides. Nothing here fails: a test that depends on a clock fails at random.

It does not warm up the machine, pin cores, or average over processes. Run it twice before you believe a difference of
5 %. The groups `trip` and tests/sizes.py measure the source, not its speed.
"""
