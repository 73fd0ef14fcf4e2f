"""gevent, patched first: greenlets that share locks and queues."""

from gevent import monkey

monkey.patch_all()

import _greenlets  # noqa: E402, F401 - it is the program
