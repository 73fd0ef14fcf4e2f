"""eventlet, patched first: greenlets that share locks and queues."""

import eventlet

eventlet.monkey_patch()

import _greenlets  # noqa: E402, F401 - it is the program
