"""A work item submits another one to its own pool, and waits for it."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

threading.Thread(target=int).start()
pool = ThreadPoolExecutor(2, thread_name_prefix="pool")


def part():
    time.sleep(0.5)


def whole():
    pool.submit(part).result()


pool.submit(whole).result()
pool.shutdown()


SHOWS = {"PoolStarvation": "which was submitted after it to the pool"}
EXPECTED = """\

=============================================================================
WARNING: possible deadlock: a work item waits for another one of its own pool
Python VERSION SYSTEM [74330fd496a3]
-----------------------------------------------------------------------------
work item whole [task:pool.py:15]
waits for:
  work item part [task:pool.py:11]

which was submitted after it to the pool that runs both:
  pool:pool.py:8, with at most 2 workers

 Possible unsafe locking scenario:

  each thread is a worker, and none is left for what they wait for

  thread 0                 thread 1
  --------                 --------
  run task:pool.py:15;
                           run task:pool.py:15;
  wait(task:pool.py:11);
                           wait(task:pool.py:11);

 *** DEADLOCK ***

no locks held by pool_0.

stack backtrace:
      pool.py:16 in whole
        pool.submit(part).result()

evidence: unmatched (warning): fewer items than the pool has workers were seen that can wait like this at the same time
lockdep: 0 errors, 1 warning
"""

SHORT = """\

=============================================================================
WARNING: possible deadlock: a work item waits for another one of its own pool
----------------------------------------------------------------- [74330fd496a3]
work item whole [task:pool.py:15] waits for work item part [task:pool.py:11]
  > pool.py:16  whole  pool.submit(part).result()                          waits

both are run by pool:pool.py:8, with at most 2 workers

  worker 1                   worker 2
  --------                   --------
  run work item whole;
                             run work item whole;
  wait for work item part;
                             wait for work item part;

 *** DEADLOCK ***

warning, unmatched: fewer items than the pool has workers were seen that can
        wait like this at the same time
why     if each worker waits like this, none is left for what they wait for
fix     use another pool for the inner items, or do their work in the item
        itself
accept  suppress = ["pool: task:pool.py:* -> task:pool.py:*  # why"]
more    lockdep explain pool     --style kernel     --frames all
lockdep: 0 errors, 1 warning
"""
