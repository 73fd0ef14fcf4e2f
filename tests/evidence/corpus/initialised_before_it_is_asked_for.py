"""A service registers itself while it is made; whoever lists it under the lock of the registry finds it made.

grade: none
"""

import threading

from tests.evidence.unseen import side_by_side

registry, making = threading.Lock(), threading.Lock()
service = []


def register():
    with registry:
        pass


def get():
    if not service:
        with making:
            if not service:
                register()
                service.append(1)
    return service[0]


def listed():
    with registry:
        return get()


get()
side_by_side(get, listed, listed)
