"""Two threads put two items each into a buffer for two, and a third one takes items out.

grade: none
"""

import threading

room, filled = threading.Semaphore(2), threading.Semaphore(0)


def put():
    room.acquire()
    filled.release()


def get():
    filled.acquire()
    room.release()


def put_two():
    put()
    put()


warm_up = threading.Thread(target=int)
warm_up.start()
warm_up.join()
threads = [threading.Thread(target=put_two) for _ in range(2)]
for thread in threads:
    thread.start()
for _ in range(4):
    get()
for thread in threads:
    thread.join()
