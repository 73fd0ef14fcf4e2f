"""How long tests wait before they conclude that something hangs.

A limit only decides when a hang is reported: a test that passes never waits this long. So the limits are far beyond
what any test needs on a busy machine, and there are only two of them. On a machine that is slower still, set
LOCKDEP_TEST_PATIENCE to a factor for both.
"""

import os

_FACTOR = float(os.environ.get("LOCKDEP_TEST_PATIENCE", "1"))

THREAD_LIMIT = 120 * _FACTOR  # seconds for another thread or process to do its next step
PROGRAM_LIMIT = 300 * _FACTOR  # seconds for a program in a process of its own to end
TEST_LIMIT = 900 * _FACTOR  # seconds for a whole test, which may run several programs: pytest-timeout's limit
