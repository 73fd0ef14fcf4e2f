"""A task holds a lock of threads while it awaits an answer."""

import asyncio
import threading


class Client:
    def __init__(self):
        self.lock = threading.Lock()

    async def ask(self):
        with self.lock:
            await self.answer()

    async def answer(self):
        await asyncio.sleep(0)


asyncio.run(Client().ask())


SHOWS = {"HeldAwaiting": "the task awaits at:"}
EXPECTED = """\

=====================================================================
WARNING: possible deadlock: a lock of threads is held across an await
Python VERSION SYSTEM [eee31d0ee6f8]
---------------------------------------------------------------------
a task of an event loop in MainThread waits while it holds lock:
  (awaiting.py:9 self.lock){+.+.}-{4:4} [Lock]

which it has taken at:
      awaiting.py:12 in Client.ask
        with self.lock:

the task awaits at:
      awaiting.py:16 in Client.answer
        await asyncio.sleep(0)
      awaiting.py:13 in Client.ask
        await self.answer()

 Possible unsafe locking scenario:

  thread 0 and thread 1 are two tasks of one event loop

  thread 0                         thread 1
  --------                         --------
  lock(awaiting.py:9 self.lock);
  await ...;
                                   lock(awaiting.py:9 self.lock);

 *** DEADLOCK ***

 The second task stops the thread of its loop, in which the first one would go on. Use an asyncio.Lock, or
 release the lock before the await.

evidence: potential (error): its loop runs other tasks meanwhile
lockdep: 1 error, 0 warnings
"""

SHORT = """\

===================================================================
ERROR: possible deadlock: a lock of threads is held across an await
----------------------------------------------------------------- [eee31d0ee6f8]
  A  awaiting.py:9  self.lock  (Lock)

a task in MainThread holds A, and awaits
  > awaiting.py:12  Client.ask  with self.lock:  holds A
    awaiting.py:13  Client.ask  await self.answer()
    awaiting.py:16  Client.answer  await asyncio.sleep(0)

  this task  another task of its loop
  ---------  ------------------------
  lock(A);
  await ...;
                             lock(A);

 *** DEADLOCK ***

error, potential: its loop runs other tasks meanwhile
why  the second task stops the thread of their loop, in which the first one
        would go on
fix  use an asyncio.Lock, or release A before the await
accept  suppress = ["await: awaiting.py:* self.lock  # why"]
more  lockdep explain await  --style kernel  --frames all
lockdep: 1 error, 0 warnings
"""
