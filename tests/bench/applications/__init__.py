"""Programs that use real packages with threads, each with a bounded load, to measure what lockdep costs them."""
