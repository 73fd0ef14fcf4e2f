"""The main thread begins when the other one has ended: no excuse.

grade: potential
because: had ended
"""

import threading

a, b = threading.Lock(), threading.Lock()


def backwards():
    with b, a:
        pass


thread = threading.Thread(target=backwards)
thread.start()
thread.join()
with a, b:
    pass
