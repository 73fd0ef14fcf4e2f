"""The same, where a callback from outside takes the lock, and nobody waits for that one.

grade: potential
"""

import asyncio
import threading

lock = threading.Lock()


def takes():
    with lock:
        pass


async def does_nothing():
    pass


def serve():
    loop.run_forever()
    loop.close()


loop = asyncio.new_event_loop()
thread = threading.Thread(target=serve)
thread.start()
with lock:
    asyncio.run_coroutine_threadsafe(does_nothing(), loop).result()
loop.call_soon_threadsafe(takes)
loop.call_soon_threadsafe(loop.stop)
thread.join()
