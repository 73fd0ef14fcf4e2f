"""The second thread is started after the first has ended, as in a test: no excuse.

grade: potential
because: the second was started after the first had ended
"""

import threading

a, b = threading.Lock(), threading.Lock()


def forwards():
    with a, b:
        pass


def backwards():
    with b, a:
        pass


for work in (forwards, backwards):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
