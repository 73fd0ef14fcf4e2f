"""The self-test grid: scenarios written down as data, run against the validator and against a slow model of it."""
