"""SRCU: read sections that may sleep, and the deadlock that this makes possible.

    python examples/primitives/14_srcu.py

A host calls its plugins while others are unloaded. A plugin sleeps, here on the mutex of the host's settings, so the
section around the call cannot be one of classic RCU: the first part does that and is reported ("Invalid wait context").
In a section of an SRCU domain it may sleep. But then unload() waits for a reader that may wait for the mutex: whoever
calls synchronize() with that mutex held can wait for ever. The second part does so; nothing hangs, since no plugin runs
at that moment, and lockdep reports "possible circular locking dependency detected". The third part is right: the mutex
covers the change of the table only, and the wait comes after it.
"""

import lockdep
from primitives import SRCU, AtomicRef, Mutex, rcu_read_side


class Host:
    """Plugins by name, called inside a section, so that unload() can wait until nobody is in one."""

    def __init__(self, name):
        self.settings_lock, self.sections = Mutex(f"{name} settings_lock"), SRCU(f"{name} sections")
        self.plugins = AtomicRef({"greet": self.greet, "leave": self.greet})

    def greet(self):
        with self.settings_lock:  # sleeps if another thread changes the settings
            return "hello"

    def call(self, name):
        with self.sections.reading():
            return self.plugins.read()[name]()

    def unload(self, name):
        with self.settings_lock:
            self.plugins.set({other: code for other, code in self.plugins.read().items() if other != name})
        self.sections.synchronize()  # from here on nobody runs it
        return f"unloaded {name}, {list(self.plugins.read())} left"


class ClassicHost(Host):
    def call(self, name):
        with rcu_read_side():  # must not sleep, but a plugin does
            return self.plugins.read()[name]()


class WaitingHost(Host):
    def unload(self, name):
        with self.settings_lock:
            self.plugins.set({other: code for other, code in self.plugins.read().items() if other != name})
            self.sections.synchronize()  # a plugin in its section may wait for settings_lock
        return f"unloaded {name}, {list(self.plugins.read())} left"


for title, kind in (("classic RCU", ClassicHost), ("waiting", WaitingHost), ("right", Host)):
    before = len(lockdep.findings())
    host = kind(title)
    print(f"{title}: {host.call('greet')}, {host.unload('leave')}")
    for finding in lockdep.findings()[before:]:
        print(f"  lockdep: {finding.title} ({', '.join(finding.classes)})")
    print(f"  findings: {len(lockdep.findings()) - before}")
