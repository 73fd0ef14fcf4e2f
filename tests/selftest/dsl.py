"""The operations that a case may contain: the object that has each as a method, and its arguments.

A case has an operation as a list: its name, its arguments, and an optional dictionary at the end. In the dictionary,
`ret` is the expected result and `in` the name that the frame of the operation has in stack traces; the other entries
are arguments by name.
"""

from __future__ import annotations

from dataclasses import dataclass

LOCK, SCENE, WORLD, RCU = "lock", "scene", "world", "rcu"
NAME, CONTEXT, OWNER, NUMBER, TEXT = "name", "context", "owner", "number", "text"


@dataclass(frozen=True)
class Operation:
    """`by` has the method: the lock named first, the scene, the world or its RCU. `takes` are the arguments."""

    by: str
    takes: tuple[str, ...] = ()
    needs: int = -1  # how many arguments are required; -1: all

    def accepts(self, count: int) -> bool:
        least = len(self.takes) if self.needs < 0 else self.needs
        return least <= count <= len(self.takes)


def each(names: str, by: str, *takes: str, needs: int = -1) -> dict[str, Operation]:
    return dict.fromkeys(names.split(), Operation(by, takes, needs))


OPERATIONS: dict[str, Operation] = {
    **each("lock unlock trylock lock_timeout local_lock local_unlock", LOCK),
    **each("read_lock read_unlock read_trylock write_lock write_unlock write_trylock", LOCK),
    **each("init free downgrade might_lock sync pin unpin assert_held assert_not_held", LOCK),
    **each("down up down_trylock wait complete", LOCK),
    **each("remember_name assert_same_name lockdep_release_only lockdep_acquire_trylock_only", LOCK),
    **each("lock_nest ww_base_lock_nest", LOCK, NAME),
    **each("lock_nested read_lock_nested write_lock_nested set_subclass", LOCK, NUMBER),
    **each("set_class", LOCK, TEXT),
    **each("ww_acquire_init ww_acquire_done ww_acquire_fini", LOCK),
    **each("ww_lock", LOCK, CONTEXT),
    **each("ww_lock_slow ctx_copy", LOCK, NAME),
    **each("ww_trylock", LOCK, CONTEXT, needs=0),
    **each("ww_unlock ww_base_lock ww_base_unlock ww_base_trylock", LOCK),
    **each("set_lock_ctx", LOCK, OWNER),
    **each("ctx_stamp_add set_ctx_acquired", LOCK, NUMBER, needs=0),
    **each("set_ctx_class", LOCK, TEXT, needs=0),
    **each("hardirq_disable hardirq_enable softirq_disable softirq_enable", WORLD),
    **each("hardirq_enter hardirq_enter_nonthreaded hardirq_exit softirq_enter softirq_exit", WORLD),
    **each("preempt_disable preempt_enable might_sleep", WORLD),
    **each("rcu_read_lock rcu_read_lock_bh rcu_read_lock_sched", RCU),
    **each("rcu_read_unlock rcu_read_unlock_bh rcu_read_unlock_sched", RCU),
    **each("fs_reclaim_acquire fs_reclaim_release might_alloc", SCENE, TEXT, needs=0),
    **each("memalloc_nofs_save memalloc_nofs_restore", SCENE),
}
