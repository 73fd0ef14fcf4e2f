"""The delays of the kernel, in the units of its names: those that sleep, and those that keep the CPU busy."""

from __future__ import annotations

import time

from lockdep import assertions
from primitives.irq import cpu_relax

__all__ = ["cond_resched", "mdelay", "msleep", "ssleep", "udelay", "usleep_range"]


def ssleep(seconds: float) -> None:
    """Sleep for so many seconds."""
    assertions.might_sleep()
    time.sleep(seconds)


def msleep(msecs: float) -> None:
    """Sleep for so many milliseconds."""
    assertions.might_sleep()
    time.sleep(msecs / 1000)


def usleep_range(least: float, _most: float) -> None:
    """Sleep for at least so many microseconds, the first number."""
    assertions.might_sleep()
    time.sleep(least / 1_000_000)


def mdelay(msecs: float) -> None:
    """Keep the CPU busy for so many milliseconds. It does not sleep, so it may be called everywhere."""
    udelay(1000 * msecs)


def udelay(usecs: float) -> None:
    """Keep the CPU busy for so many microseconds. It does not sleep, so it may be called everywhere."""
    end = time.monotonic_ns() + 1000 * usecs
    while time.monotonic_ns() < end:
        pass


def cond_resched() -> int:
    """Let other threads run, which may be a sleep; return 0."""
    assertions.might_sleep()
    cpu_relax()
    return 0
