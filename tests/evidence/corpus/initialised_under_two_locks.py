"""A service registers itself while it is made, and is dropped under the lock of the registry and then its own.

grade: feasible
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


def renew():
    with registry:
        with making:
            service.clear()


side_by_side(get, renew)
