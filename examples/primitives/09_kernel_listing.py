"""A listing of kernel code, written down line by line under the kernel's names: the C text stands beside each line.

    python examples/primitives/09_kernel_listing.py

A driver keeps its devices in a list under RCU, changed under a spinlock that its interrupt handler takes as well. The
first version of `add` sleeps under the spinlock, to charge a budget that a mutex protects: that is reported although
nothing hangs. The second version charges first. docs/kernel-names.md says what each name stands for.
"""

import lockdep
from primitives import RCUList
from primitives.kernel import *

devices = RCUList(name="devices")  # LIST_HEAD(devices); DEFINE_SPINLOCK(devices_lock);
budget_lock = DEFINE_MUTEX("budget_lock")  # static DEFINE_MUTEX(budget_lock);
budget = ATOMIC_INIT(10)  # static atomic_t budget = ATOMIC_INIT(10);
IRQ = 7


def handler(_irq):  # static irqreturn_t handler(int irq, void *data)
    spin_lock(devices.lock)  #         spin_lock(&devices_lock);
    atomic_dec(budget)  #         atomic_dec(&budget);
    spin_unlock(devices.lock)  #         spin_unlock(&devices_lock);


def add_asleep(name):  # void add_asleep(struct device *dev)
    flags = spin_lock_irqsave(devices.lock)  #         spin_lock_irqsave(&devices_lock, flags);
    mutex_lock(budget_lock)  #         mutex_lock(&budget_lock);       /* may sleep: a bug */
    atomic_sub(3, budget)  #         atomic_sub(3, &budget);
    mutex_unlock(budget_lock)  #         mutex_unlock(&budget_lock);
    node = list_add_rcu(name, devices)  #         list_add_rcu(&dev->node, &devices);
    spin_unlock_irqrestore(devices.lock, flags)  #     spin_unlock_irqrestore(&devices_lock, flags);
    return node


def add(name):  # void add(struct device *dev)
    with scoped_guard("mutex", budget_lock):  #        scoped_guard(mutex, &budget_lock)
        atomic_sub(3, budget)  #                 atomic_sub(3, &budget);
    flags = spin_lock_irqsave(devices.lock)  #         spin_lock_irqsave(&devices_lock, flags);
    node = list_add_tail_rcu(name, devices)  #         list_add_tail_rcu(&dev->node, &devices);
    spin_unlock_irqrestore(devices.lock, flags)  #     spin_unlock_irqrestore(&devices_lock, flags);
    return node


def remove(node):  # void remove(struct device *dev)
    flags = spin_lock_irqsave(devices.lock)  #         spin_lock_irqsave(&devices_lock, flags);
    name = list_del_rcu(node, devices)  #         list_del_rcu(&dev->node);
    spin_unlock_irqrestore(devices.lock, flags)  #     spin_unlock_irqrestore(&devices_lock, flags);
    kfree_rcu(name)  #         kfree_rcu(dev, rcu);


def names():
    rcu_read_lock()  #         rcu_read_lock();
    found = list(list_for_each_entry_rcu(devices))  #  list_for_each_entry_rcu(dev, &devices, node) ...
    rcu_read_unlock()  #         rcu_read_unlock();
    return found


def findings():
    return [f"{finding.title} ({finding.classes[0]})" for finding in lockdep.findings()]


request_irq(IRQ, handler)
first = add("eth0")
second = add("eth1")
remove(first)
print(f"devices: {names()}, budget {atomic_read(budget)}, findings: {findings()}")
add_asleep("eth2")
print(f"devices: {names()}, budget {atomic_read(budget)}, findings: {findings()}")
free_irq(IRQ)
