"""What happens on a chain seen for the first time: the rules, in the kernel's order."""
