"""The rules, one file each. A rule is a function that returns a violation or None: no text, no side effects."""
