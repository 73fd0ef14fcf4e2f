"""kombu: two producers and a consumer over the transport in memory."""

import threading

from kombu import Connection, Exchange, Queue

count = 4000
queue = Queue("work", Exchange("work"), routing_key="work")
seen: list[dict[str, int]] = []
with Connection("memory://") as connection:

    def produce() -> None:
        with connection.clone() as own, own.Producer() as producer:
            for number in range(count):
                producer.publish({"n": number}, exchange=queue.exchange, routing_key="work", declare=[queue])

    threads = [threading.Thread(target=produce) for _ in range(2)]
    for thread in threads:
        thread.start()

    def consume(body: dict[str, int], message: object) -> None:
        seen.append(body)
        message.ack()  # type: ignore[attr-defined]

    with connection.Consumer(queue, callbacks=[consume]):
        while len(seen) < 2 * count:
            connection.drain_events(timeout=20)
    for thread in threads:
        thread.join()
print(len(seen))
