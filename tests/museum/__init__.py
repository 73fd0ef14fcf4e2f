"""Real deadlocks that shipped, their repaired twins, and sound programs that only look like one.

`python -m tests.museum` runs `lockdep run` over all of them. cases/README.md tells how a case is laid out.
"""
