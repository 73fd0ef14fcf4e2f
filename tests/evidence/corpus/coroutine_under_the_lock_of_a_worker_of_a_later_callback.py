"""The same, where only a worker thread takes the lock for the later callback, and the loop goes on meanwhile.

grade: none
"""

import asyncio
import threading

lock = threading.Lock()


def take():
    with lock:
        pass


async def takes():
    await asyncio.to_thread(take)


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
