"""The store: what many processes on many hosts have seen, in one database.

A part is the snapshot of one run. It is kept as it is, compressed, under project, version and host, beside a table that
says which processes it is of. Nothing else is queried, so there is nothing else: a report reads the parts that are
asked for and merges them like files.
"""
