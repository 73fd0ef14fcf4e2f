"""What states, contexts, usage bits, kinds of dependencies and grades mean. Data and pure functions."""
