"""Twisted: deferToThread for each of ten thousand requests, forty at a time."""

import json

from twisted.internet import defer, reactor, task, threads

done: list[int] = []


def work(number: int) -> int:
    return len(json.dumps([number] * 300))


def one(number: int) -> defer.Deferred:
    return threads.deferToThread(work, number).addCallback(done.append)


def main() -> defer.Deferred:
    coiterate = task.Cooperator().coiterate
    numbers = iter(range(10000))
    return defer.DeferredList([coiterate(one(number) for number in numbers) for _ in range(40)])


reactor.callWhenRunning(lambda: main().addBoth(lambda _: reactor.stop()))
reactor.run()
print(len(done))
