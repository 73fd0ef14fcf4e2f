"""Which lock classes, dependencies and runs are known."""
