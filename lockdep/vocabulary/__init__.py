"""What states, usage bits, kinds and grades mean."""
