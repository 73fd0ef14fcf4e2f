"""How one finding is told: the document of each kind of violation, and its text."""
