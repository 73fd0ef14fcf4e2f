"""Programs that stress locks, run on raw locks and on lockdep's. What raw locks survive, lockdep's must survive too.

    python -m tests.stress storm --seconds 60 --locks raw       signals, finalizers, interrupts, threads, forks
    python -m tests.stress storm --seconds 60 --locks lockdep
    python -m tests.stress upheaval --seconds 60        handlers that raise and fork; no stack, no memory, uninstall
    python -m tests.stress race --seconds 60 --threads 4        threads that look up chains and write hints at once
    python -m tests.stress onlookers --seconds 60              threads that ask what others hold and have counted
    python -m tests.stress handovers --seconds 60              threads, work items, queues that hand on what they know
    python -m tests.stress kills --seconds 60                  processes of a run that are killed at any moment
    python -m tests.stress locktorture --seconds 60            exclusion, timeouts, interrupts of each primitive
    python -m tests.stress rwtorture --seconds 60 --primitive rwsem
    python -m tests.stress rcutorture --seconds 60             readers of elements that are replaced and freed
    python -m tests.stress seqtorture --seconds 60             readers that retry while data is written
    python -m tests.stress worktorture --seconds 60            timers, work items, threads, wait queues, references

Each runs in a process of its own under a watchdog, and exits with 0 if every check at its end holds. LOCKDEP_PURE=1
chooses the pure build. The seed is printed and accepted again (`--seed`), but with threads no two runs are equal.
"""
