"""dramatiq: four worker threads on a broker in memory."""

import json

import dramatiq
from dramatiq.brokers.stub import StubBroker

broker = StubBroker()
dramatiq.set_broker(broker)
done: list[int] = []


@dramatiq.actor
def work(number: int) -> None:
    done.append(len(json.dumps([number] * 300)))


worker = dramatiq.Worker(broker, worker_threads=4, worker_timeout=50)
worker.start()
for number in range(12000):
    work.send(number)
broker.join(work.queue_name)
worker.join()
worker.stop()
print(len(done))
