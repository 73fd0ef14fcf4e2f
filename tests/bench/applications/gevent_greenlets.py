"""gevent, patched first: greenlets that share locks and queues."""

from gevent import monkey

monkey.patch_all()

import json  # noqa: E402
import queue  # noqa: E402
import threading  # noqa: E402

items: "queue.Queue[int | None]" = queue.Queue(20)
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
