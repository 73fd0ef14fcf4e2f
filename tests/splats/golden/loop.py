"""A coroutine asks for the result of another one that was given to its own loop."""

import asyncio
import contextlib


async def answer():
    return 1


async def main():
    future = asyncio.run_coroutine_threadsafe(answer(), asyncio.get_running_loop())
    with contextlib.suppress(TimeoutError):
        future.result(0.1)


asyncio.run(main())


SHOWS = {"WaitForOwnLoop": "which stands still until the wait ends"}
EXPECTED = """\

=================================================================
WARNING: possible deadlock: a thread waits for its own event loop
Python VERSION SYSTEM [eb54cd04b337]
-----------------------------------------------------------------
thread MainThread waits with a timeout for the result of:
  coroutine answer [task:loop.py:7]

 It was given to the event loop that this thread runs, which stands still until the wait ends.

 *** STALL ***

no locks held by MainThread.

stack backtrace:
      loop.py:14 in main
        future.result(0.1)
      loop.py:17 in <module>
        asyncio.run(main())

evidence: stall (warning): the wait has a timeout
lockdep: 0 errors, 1 warning
"""

SHORT = """\

=================================================================
WARNING: possible deadlock: a thread waits for its own event loop [eb54cd04b337]
-----------------------------------------------------------------
MainThread waits for coroutine answer [task:loop.py:7] with a timeout
    loop.py:17  <module>  asyncio.run(main())
  > loop.py:14  main      future.result(0.1)                               waits

 *** STALL ***

warning, stall: the wait has a timeout
why     it was given to the event loop that this thread runs, which stands still
        until the wait ends
fix     await the coroutine
accept  suppress = ["loop: task:loop.py:*  # why"]
more    lockdep explain loop     --style kernel     --frames all
lockdep: 0 errors, 1 warning
"""
