"""percpu: each thread is a CPU with a number and data of its own (kernel: include/linux/percpu-defs.h).

A thread gets its CPU number when it first needs one, and its Thread object keeps the number. When the thread has ended,
a later thread gets the same number, so numbers stay few, and what was counted on a CPU stays there. A PerCPU has one
value for each CPU. Only the thread itself changes its value, so no lock is needed; simulated interrupts run only at
defined points, never in the middle of an operation.

Cost: an operation takes less than a microsecond. for_each and sum visit every CPU; the values they see need not be of
the same moment.
"""

from __future__ import annotations

import _thread
import threading
from collections import deque
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, Generic, TypeVar

from lockdep.contexts.simulated import preempt_disable, preempt_enable

T = TypeVar("T")

_ATTRIBUTE = "_primitives_cpu"
_local = _thread._local()
_numbers = count()
_numbering = _thread.RLock()  # re-entrant: a signal handler may ask for a number here as well
_given_back: deque[int] = deque()  # a finalizer appends to it, so no lock protects it


class Cpu:
    """A thread as a CPU, and the simulated interrupts that are pending on it.

    irqs        numbers of pending interrupts, oldest first
    softirqs    bit mask of pending softirqs
    tasklets    scheduled tasklets, by softirq number
    handling    bits of what is being delivered at present, so that it does not nest in itself
    """

    __slots__ = ("handling", "irqs", "number", "softirqs", "tasklets")

    def __init__(self) -> None:
        self.irqs: list[int] = []
        self.softirqs: int = 0
        self.tasklets: dict[int, deque[Any]] = {}
        self.handling: int = 0
        with _numbering:
            self.number: int = _given_back.pop() if _given_back else next(_numbers)

    def __del__(self, give_back: Callable[[int], None] = _given_back.append) -> None:
        give_back(self.number)  # the default argument keeps it: the module's globals may be gone


def cpu_of(thread: threading.Thread) -> Cpu:
    """Return the CPU of a thread."""
    found: Cpu | None = vars(thread).get(_ATTRIBUTE)
    return vars(thread).setdefault(_ATTRIBUTE, Cpu()) if found is None else found


def this_cpu() -> Cpu:
    """Return the CPU of the calling thread."""
    try:
        found: Cpu = _local.cpu
    except AttributeError:
        found = _local.cpu = cpu_of(threading.current_thread())
    return found


def smp_processor_id() -> int:
    """Return the number of this CPU."""
    return this_cpu().number


def get_cpu() -> int:
    """Disable preemption, so that nothing may sleep until put_cpu; return the number of this CPU."""
    preempt_disable()
    return smp_processor_id()


def put_cpu() -> None:
    """Undo one get_cpu."""
    preempt_enable()


class PerCPU(Generic[T]):
    """One value for each CPU.

    It starts as `initial`, or as the result of `factory`, which is called once for each CPU.
    """

    __slots__ = ("_cells", "_make")

    def __init__(self, initial: Any = 0, factory: Callable[[], T] | None = None) -> None:
        self._make: Callable[[], T] = (lambda: initial) if factory is None else factory
        self._cells: dict[int, list[T]] = {}  # lists of one value: changing one leaves the dictionary as it is

    def this_cpu_read(self) -> T:
        """Return the value of this CPU."""
        return self._cell()[0]

    def this_cpu_write(self, value: T) -> None:
        """Set the value of this CPU."""
        self._cell()[0] = value

    def this_cpu_xchg(self, value: T) -> T:
        """Set the value of this CPU; return the old one."""
        cell = self._cell()
        old, cell[0] = cell[0], value
        return old

    def this_cpu_add(self, amount: Any) -> None:
        """Add to the value of this CPU."""
        self._cell()[0] += amount

    def this_cpu_inc(self) -> None:
        """Add one to the value of this CPU."""
        self.this_cpu_add(1)

    def this_cpu_dec(self) -> None:
        """Subtract one from the value of this CPU."""
        self.this_cpu_add(-1)

    def per_cpu(self, cpu: int) -> T:
        """Return the value of the CPU with number `cpu`."""
        cell = self._cells.get(cpu)
        return self._make() if cell is None else cell[0]

    def get_cpu_var(self) -> CpuVar[T]:
        """Return a context manager that gives the value of this CPU to be changed in place, preemption disabled."""
        return CpuVar(self)

    def for_each(self) -> Iterator[tuple[int, T]]:
        """Iterate over (number, value) of the CPUs that have used this variable, in the order of their numbers."""
        for cpu in sorted(self._cells):
            yield cpu, self._cells[cpu][0]

    def sum(self) -> Any:
        """Return the sum over all CPUs. It is exact if no thread changes its value meanwhile."""
        return sum(cell[0] for cell in list(self._cells.values()))

    def _cell(self) -> list[T]:
        cpu = this_cpu().number
        found = self._cells.get(cpu)
        return self._cells.setdefault(cpu, [self._make()]) if found is None else found


class CpuVar(Generic[T]):
    """What get_cpu_var returns."""

    __slots__ = ("_variable",)

    def __init__(self, variable: PerCPU[T]) -> None:
        self._variable = variable

    def __enter__(self) -> T:
        preempt_disable()
        try:
            return self._variable.this_cpu_read()
        except BaseException:
            preempt_enable()
            raise

    def __exit__(self, *_: object) -> None:
        preempt_enable()


def this_cpu_read(variable: PerCPU[T]) -> T:
    """Return the value of this CPU."""
    return variable.this_cpu_read()


def this_cpu_write(variable: PerCPU[T], value: T) -> None:
    """Set the value of this CPU."""
    variable.this_cpu_write(value)


def this_cpu_add(variable: PerCPU[Any], amount: Any) -> None:
    """Add to the value of this CPU."""
    variable.this_cpu_add(amount)


def this_cpu_inc(variable: PerCPU[Any]) -> None:
    """Add one to the value of this CPU."""
    variable.this_cpu_add(1)
