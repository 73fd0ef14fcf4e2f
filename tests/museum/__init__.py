"""Real deadlocks of released software, their repaired versions, and sound programs that only look like a deadlock.

`python -m tests.museum` runs `lockdep run` over all of them. cases/README.md describes the files of a case.
"""
