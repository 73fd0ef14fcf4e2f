"""The result of a coroutine is waited for under a lock that another callback of its loop takes later.

grade: potential
"""

import asyncio
import threading

lock = threading.Lock()


async def takes():
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
asyncio.run_coroutine_threadsafe(takes(), loop).result()
loop.call_soon_threadsafe(loop.stop)
thread.join()
