"""The starter works while its child does: both under one hold of the gate.

grade: feasible
"""

import threading

from tests.evidence.unseen import Signal

gate, a, b = threading.Lock(), threading.Lock(), threading.Lock()
done, end = Signal(), Signal()


def forwards():
    with a, b:
        pass
    done.set()
    end.wait()


with gate:
    thread = threading.Thread(target=forwards)
    thread.start()
    done.wait()
    with b, a:
        pass
    end.set()
    thread.join()
