"""Each thread takes its own lock and the shared one in both orders.

grade: excused
because: confinement
"""

import threading

from tests.evidence.unseen import side_by_side

shared = threading.Lock()


class W:
    def __init__(self):
        self.l = threading.Lock()


ws = [W(), W()]


def one():
    with ws[0].l, shared:
        pass
    with shared, ws[0].l:
        pass


def two():
    with ws[1].l, shared:
        pass
    with shared, ws[1].l:
        pass


side_by_side(one, two)
