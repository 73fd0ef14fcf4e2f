"""How each kind of finding is told: one file each, with a function from the violation to the lines of its body."""
