"""A new object is put where others find it without the lock under which it is made, and then its lock is taken.

grade: feasible
wrong: whether others can find a new object already is not known
"""

import threading

from tests.evidence.unseen import side_by_side


class Settings:
    making = threading.Lock()
    only = None

    def __init__(self):
        self.lock = threading.Lock()

    @classmethod
    def get(cls):
        if cls.only is None:
            with cls.making:
                cls.only = cls()
                with cls.only.lock:
                    pass
        return cls.only

    def reload(self):
        with self.lock, self.making:
            pass


side_by_side(Settings.get, lambda: Settings.get().reload())
