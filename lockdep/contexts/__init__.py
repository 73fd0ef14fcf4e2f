"""Contexts: what can interrupt a thread. One file for each engine that knows when it does."""
