"""Both sides are daemon threads.

grade: feasible
"""

import threading

from tests.evidence.unseen import Signal

a, b = threading.Lock(), threading.Lock()
first, second, end = Signal(), Signal(), Signal()


def forwards():
    with a, b:
        pass
    first.set()


def backwards():
    second.wait()
    with b, a:
        pass
    end.set()


for work in (backwards, forwards):
    threading.Thread(target=work, daemon=True).start()
first.wait()
second.set()
end.wait()
