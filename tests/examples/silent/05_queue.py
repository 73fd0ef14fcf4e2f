"""The corrected version of examples/05_queue.py: a job keeps its priority, and sorting takes no lock."""

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
    """One entry of the queue, sorted by what its priority was when it was made."""

    def __init__(self, jobs, name):
        self.jobs = jobs
        self.name = name
        self.priority = jobs.priority[name]

    def __lt__(self, other):
        return self.priority < other.priority


jobs = Jobs()
for number, name in enumerate(["sweep", "wash", "cook", "serve"]):
    jobs.submit(name, -number)
print(*(jobs.next() for _ in range(4)))
