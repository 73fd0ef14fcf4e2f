"""The starter starts three threads under the gate, and joins the last one after it.

grade: feasible
"""

import threading

from tests.evidence.unseen import side_by_side

gate, a, b = threading.Lock(), threading.Lock(), threading.Lock()


def forwards():
    with a, b:
        pass


def backwards():
    with gate, b, a:
        pass


def starter():
    with gate:
        threads = [threading.Thread(target=forwards) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads[:2]:
            thread.join()
    threads[2].join()


side_by_side(starter, backwards)
