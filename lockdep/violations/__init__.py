"""What was found: violations as data, findings, the book that keeps them."""
