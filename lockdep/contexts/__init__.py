"""Contexts: what can interrupt a thread. A file for each one that a program, or Python itself, has handlers of.

To add a context: a row in vocabulary/states.py, and a file here that calls `engine.enter` and `engine.leave` around its
handlers (and `engine.disable` and `engine.enable` where it can be switched off).
"""
