"""Which processes take part in a run, and what each of them leaves for it.

The process of `lockdep run` makes a run directory; every process that it starts, and those that they start, write what
they have seen there (member.py); at its end the first process merges that (merged.py). A fork is joined by a hook of
`os.register_at_fork`, another Python by a variable of the environment (environment.py, joining.py). What is written
when a process ends without the interpreter's own end is in endings.py.

While nobody records children, nothing of this is imported, and nothing in the program is changed.
"""
