"""What the programs of gevent and eventlet do, once these have patched threading: workers share a lock and a queue."""

import json
import queue
import threading

items: queue.Queue[int | None] = queue.Queue(20)
lock = threading.Lock()
total = 0


def work() -> None:
    global total
    while (number := items.get()) is not None:
        with lock:
            total += len(json.dumps([number] * 300))


threads = [threading.Thread(target=work) for _ in range(20)]
for thread in threads:
    thread.start()
for number in range(20000):
    items.put(number)
for _ in threads:
    items.put(None)
for thread in threads:
    thread.join()
print(total)
