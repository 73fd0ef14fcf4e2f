"""A PriorityQueue compares its items while it holds its own lock, and this comparison takes a lock of the
program.

    lockdep run examples/05_queue.py

lockdep reports a cycle between Jobs.lock and the lock inside the queue, which is named after the
line that made the queue: `queue.Queue.mutex made at 05_queue.py`. Jobs.submit puts under Jobs.lock;
the queue's sorting calls Job.__lt__, which takes Jobs.lock under the queue's lock. Exit status: 66.
"""

import queue
import threading


class Jobs:
    """Jobs whose priority can be changed while they wait."""

    def __init__(self):
        self.lock = threading.RLock()
        self.priority = {}
        self.waiting = queue.PriorityQueue()

    def submit(self, name, priority):
        with self.lock:
            self.priority[name] = priority
            self.waiting.put(Job(self, name))

    def next(self):
        return self.waiting.get().name


class Job:
    """One entry of the queue, sorted by its present priority."""

    def __init__(self, jobs, name):
        self.jobs = jobs
        self.name = name

    def __lt__(self, other):
        with self.jobs.lock:
            return self.jobs.priority[self.name] < self.jobs.priority[other.name]


jobs = Jobs()
for number, name in enumerate(["sweep", "wash", "cook", "serve"]):
    jobs.submit(name, -number)
print(*(jobs.next() for _ in range(4)))
