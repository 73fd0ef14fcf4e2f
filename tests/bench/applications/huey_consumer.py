"""huey: a consumer with four threads on a queue in memory."""

import json
import logging
import threading

from huey import MemoryHuey
from huey.consumer import Consumer

logging.getLogger("huey").setLevel(logging.ERROR)
huey = MemoryHuey()
count = 8000
left = threading.Semaphore(0)


@huey.task()
def work(number: int) -> int:
    left.release()
    return len(json.dumps([number] * 300))


results = [work(number) for number in range(count)]
consumer = Consumer(huey, workers=4, periodic=False, initial_delay=0.001, max_delay=0.01)
consumer.start()
for _ in range(count):
    left.acquire()
print(sum(result.get(blocking=True, timeout=60) > 0 for result in results))
consumer.stop(graceful=True)
