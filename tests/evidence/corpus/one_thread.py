"""Two orders in one thread: most tests drive their code like this.

grade: potential
because: all in one thread
"""

import threading

a, b = threading.Lock(), threading.Lock()

with a, b:
    pass
with b, a:
    pass
