"""pyzmq: a ventilator, four workers and a sink over sockets inside the process, each in a thread."""

import json
import threading

import zmq

context = zmq.Context()
count = 80000


def ventilate() -> None:
    with context.socket(zmq.PUSH) as sender:
        sender.bind("inproc://work")
        ready.set()
        for number in range(count):
            sender.send_json({"n": number})
        for _ in range(4):
            sender.send_json(None)
        sent.wait()


def work() -> None:
    ready.wait()
    with context.socket(zmq.PULL) as receiver, context.socket(zmq.PUSH) as sender:
        receiver.connect("inproc://work")
        sender.connect("inproc://sink")
        while (message := receiver.recv_json()) is not None:
            sender.send(json.dumps([message] * 20).encode())


ready, sent = threading.Event(), threading.Event()
with context.socket(zmq.PULL) as sink:
    sink.bind("inproc://sink")
    threads = [threading.Thread(target=each) for each in (ventilate, work, work, work, work)]
    for thread in threads:
        thread.start()
    print(sum(len(sink.recv()) > 0 for _ in range(count)))
    sent.set()
    for thread in threads:
        thread.join()
context.term()
