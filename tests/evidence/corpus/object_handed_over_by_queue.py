"""The maker of an object uses it before it puts it into a queue.

grade: potential
"""

import queue
import threading

q = queue.Queue()


class Obj:
    def __init__(self):
        self.a = threading.Lock()
        self.b = threading.Lock()


def make():
    o = Obj()
    with o.a, o.b:
        pass
    q.put(o)


def use():
    o = q.get()
    with o.b, o.a:
        pass


ts = [threading.Thread(target=use), threading.Thread(target=make)]
for t in ts:
    t.start()
for t in ts:
    t.join()
