"""A thread joins another one while it holds a lock that the other one takes. Many real deadlocks are of this kind.

    lockdep run examples/04_join_while_holding.py

lockdep reports "possible deadlock: waiting for a thread that takes a held lock": the lock that
stop() holds, where it calls join(), and where the worker took that lock. Here the worker has always
finished its last beat before stop() is called, so the program ends; the exit status is 66. The
correction is to join after the lock has been released.
"""

import threading


class Heartbeat:
    """Counts beats in a thread until it is stopped."""

    def __init__(self, beats):
        self._lock = threading.Lock()
        self._beats = beats
        self.count = 0
        self.finished = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat")

    def start(self):
        self._thread.start()

    def _run(self):
        for _ in range(self._beats):
            with self._lock:
                self.count += 1
        self.finished.set()

    def stop(self):
        with self._lock:
            self._thread.join()
            return self.count


heart = Heartbeat(beats=3)
heart.start()
heart.finished.wait()
print("stopped after", heart.stop(), "beats")
