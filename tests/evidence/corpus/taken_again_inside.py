"""A lock that is taken again under another one, by its holder.

grade: none
"""

import threading

from tests.evidence.unseen import side_by_side

r, a = threading.RLock(), threading.Lock()


def forwards():
    with r:
        with a:
            with r:
                pass


side_by_side(forwards, forwards)
