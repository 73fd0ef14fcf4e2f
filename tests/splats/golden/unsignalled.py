"""A thread waits for an event of a message that only its own code signals."""

import threading


class Message:
    def __init__(self):
        self.sent = threading.Event()

    def wait(self):
        self.sent.wait()


def network():
    first, second = Message(), Message()
    first.sent.set()
    second.wait()


thread = threading.Thread(target=network, name="network", daemon=True)
thread.start()
thread.join(0.5)


SHOWS = {"WaitForOwnSignal": "Only this thread"}
EXPECTED = """\

==================================================================================
WARNING: possible deadlock: no other thread that runs has given this signal before
Python VERSION SYSTEM [6d20572cf4e6]
----------------------------------------------------------------------------------
thread network waits for an event:
  event:unsignalled.py:8

 Only this thread [thread:unsignalled.py:20] has signalled what is made there, and it waits now.

 *** DEADLOCK ***

no locks held by network.

stack backtrace:
      unsignalled.py:11 in Message.wait
        self.sent.wait()
      unsignalled.py:17 in network
        second.wait()

evidence: unmatched (warning): only the waiting thread has signalled what was made at this place
lockdep: 0 errors, 1 warning
"""

SHORT = """\

===========================================================================
WARNING: possible deadlock: no other thread that runs has given this signal
        before
----------------------------------------------------------------- [6d20572cf4e6]
network waits for an event [event:unsignalled.py:8]
    unsignalled.py:17  network       second.wait()
  > unsignalled.py:11  Message.wait  self.sent.wait()                      waits

 *** DEADLOCK ***

warning, unmatched: only the waiting thread has signalled what was made at this
        place
fix     let another thread signal, or do not wait in the thread that has to
        signal (in its callbacks, for example)
accept  suppress = ["wait: event:unsignalled.py:* -> thread:unsignalled.py:*  # why"]
more    lockdep explain wait     --style kernel     --frames all
lockdep: 0 errors, 1 warning
"""
