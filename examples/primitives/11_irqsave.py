"""irqsave: a function that may be called with interrupts off must leave them off.

    python examples/primitives/11_irqsave.py

The interrupt handler of a serial port takes the lock of the port, so everybody else takes it with interrupts off.
note() is called both with interrupts on and, by reset(), with the port locked. In the first port it takes the lock of
the log by lock_irq() ... unlock_irq(), which enables interrupts whatever they were before: from there on reset() holds
the lock of the port with interrupts on, and an interrupt would spin for ever on it. lockdep reports "inconsistent lock
state" although none comes. The second port is the correction: lock_irqsave() returns what was, and unlock_irqrestore()
brings it back.
"""

import lockdep
from primitives import SpinLock, free_irq, raise_irq, request_irq
from primitives.irq import irqs_disabled

PORT = 4


class Port:
    """A serial port: interrupt() receives a byte, reset() throws all of them away."""

    def __init__(self, name):
        self.lock, self.log_lock = SpinLock(f"{name} lock"), SpinLock(f"{name} log_lock")
        self.received, self.log = [], []

    def interrupt(self, _irq):
        with self.lock:  # in the handler interrupts are off already
            self.received.append("a byte")

    def note(self, text):
        self.log_lock.lock_irq()
        self.log.append(text)
        self.log_lock.unlock_irq()  # enables interrupts: right only for a caller that had them on

    def reset(self):
        flags = self.lock.lock_irqsave()
        self.received.clear()
        self.note("reset")
        print(f"  after the note, the port still locked: interrupts are {'off' if irqs_disabled() else 'on'}")
        self.lock.unlock_irqrestore(flags)


class CorrectedPort(Port):
    """The same, whose note() may be called with interrupts on or off."""

    def note(self, text):
        flags = self.log_lock.lock_irqsave()
        self.log.append(text)
        self.log_lock.unlock_irqrestore(flags)  # or all three lines in one: with self.log_lock.irqsave():


def use(port):
    """Receive a byte, reset the port and note that from outside; print lockdep's findings."""
    before = len(lockdep.findings())
    request_irq(PORT, port.interrupt)
    raise_irq(PORT)
    port.reset()
    port.note("done")
    free_irq(PORT)
    print(f"  log {port.log}, interrupts at the end are {'off' if irqs_disabled() else 'on'}")
    for finding in lockdep.findings()[before:]:
        print(f"  lockdep: {finding.title} ({', '.join(finding.classes)})")
    print(f"  findings: {len(lockdep.findings()) - before}")


print("lock_irq() in a function that is called with interrupts off:")
use(Port("first"))
print("lock_irqsave():")
use(CorrectedPort("second"))
