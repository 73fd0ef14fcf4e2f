"""The corrected version of examples/04_join_while_holding.py: stop() joins first and locks afterwards."""

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
        self._thread.join()
        with self._lock:
            return self.count


heart = Heartbeat(beats=3)
heart.start()
heart.finished.wait()
print("stopped after", heart.stop(), "beats")
