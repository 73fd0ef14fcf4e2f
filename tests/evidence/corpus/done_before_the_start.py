"""The main thread is through before it starts the other one: no excuse.

grade: potential
because: started after
"""

import threading

a, b = threading.Lock(), threading.Lock()


def backwards():
    with b, a:
        pass


with a, b:
    pass
thread = threading.Thread(target=backwards)
thread.start()
thread.join()
