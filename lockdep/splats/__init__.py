"""The report of one finding: a document for each kind of violation, and its text."""
