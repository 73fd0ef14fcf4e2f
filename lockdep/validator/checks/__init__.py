"""The rules, one file each. A rule is a function that returns a violation or None; it makes no text, changes nothing.

rules.py says which rule is asked when, in the kernel's order.
"""
