"""The result of a coroutine is waited for under a lock that its loop's thread takes before the loop runs.

grade: none
"""

import asyncio
import threading

lock = threading.Lock()


async def does_nothing():
    pass


def serve():
    with lock:
        pass
    loop.run_forever()
    loop.close()


loop = asyncio.new_event_loop()
thread = threading.Thread(target=serve)
thread.start()
asyncio.run_coroutine_threadsafe(does_nothing(), loop).result()
with lock:
    asyncio.run_coroutine_threadsafe(does_nothing(), loop).result()
loop.call_soon_threadsafe(loop.stop)
thread.join()
