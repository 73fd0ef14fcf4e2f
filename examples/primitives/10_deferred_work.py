"""A driver that stops what it has deferred, under the lock that the deferred functions take, and one that does not.

    python examples/primitives/10_deferred_work.py

A thermometer is polled by a timer, whose handler leaves the reading, which sleeps, to a work item; a thread writes the
readings to a log when it is woken. The item and the thread take the mutex of the device. remove() of the first driver
holds this mutex while it waits for the item, and for the thread. Nothing hangs here, because neither wants the mutex at
that moment; lockdep reports both waits as "possible circular locking dependency detected" all the same. The second
driver is the correction: under the mutex it only says that the device is gone, and it waits afterwards. The order of
its waits counts, too: first the timer, which queues the item, then the item, which wakes the thread, then the thread.
"""

import time

import lockdep
from primitives import Mutex, Timer, WaitQueueHead, Work, jiffies, kthread_run, kthread_should_stop, schedule_work


class Thermometer:
    """A device with a timer, a work item and a thread."""

    def __init__(self, name):
        self.mutex = Mutex(f"{name} mutex")
        self.news = WaitQueueHead(f"{name} news")
        self.readings, self.logged, self.gone = [], [], False
        self.item = Work(self.read, f"{name} item")
        self.timer = Timer(self.poll, f"{name} timer")
        self.thread = kthread_run(self.log, None, f"{name} log")

    def poll(self, timer):
        """Leave the reading to the item: a timer's handler must not sleep."""
        schedule_work(self.item)
        timer.mod(jiffies() + 0.001)

    def read(self, _):
        with self.mutex:
            if not self.gone:
                self.readings.append(20)
        self.news.wake_up()

    def log(self, _):
        while True:
            self.news.wait_event(lambda: self.readings or kthread_should_stop())
            if kthread_should_stop():
                return
            with self.mutex:
                self.logged += self.readings
                self.readings.clear()

    def run(self):
        """Poll until something is in the log, and the thread waits for more."""
        self.timer.mod(jiffies())
        while not self.logged:
            time.sleep(0.001)
        self.timer.delete_sync()
        self.item.flush()
        while self.readings or not self.news.active():
            time.sleep(0.001)

    def remove(self):
        with self.mutex:
            self.gone = True
            self.item.cancel_sync()
            self.thread.stop()


class CorrectedThermometer(Thermometer):
    """The same, where nothing is waited for under the mutex."""

    def remove(self):
        with self.mutex:
            self.gone = True
        self.timer.shutdown_sync()
        self.item.disable_sync()
        self.thread.stop()


def use(device):
    """Run a device and remove it; print what it has read and lockdep's findings."""
    before = len(lockdep.findings())
    device.run()
    device.remove()
    print(f"  read {device.logged[0]} degrees, still polled: {device.timer.pending() or device.item.pending()}")
    for finding in lockdep.findings()[before:]:
        print(f"  lockdep: {finding.title}")
    print(f"  findings: {len(lockdep.findings()) - before}")


print("waiting under the mutex:")
use(Thermometer("first"))
print("waiting after it:")
use(CorrectedThermometer("second"))
