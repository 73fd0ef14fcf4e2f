"""Programs that are rough on locks, run on raw ones and on lockdep's: what raw locks survive, lockdep's must survive.

    python -m tests.stress storm --seconds 60 --locks raw       signals, finalizers, interrupts, threads, forks
    python -m tests.stress storm --seconds 60 --locks lockdep
    python -m tests.stress race --seconds 60 --threads 4        chains looked up and hints written by racing threads
    python -m tests.stress locktorture --seconds 60            exclusion, timeouts, interrupts of each primitive
    python -m tests.stress rwtorture --seconds 60 --primitive rwsem
    python -m tests.stress rcutorture --seconds 60             readers, while what they read is replaced and freed
    python -m tests.stress seqtorture --seconds 60             readers that look again, while data is written

Each runs in a process of its own under a watchdog; exit 0 means that every check at its end held. LOCKDEP_PURE=1
chooses the build as usual. The seed is printed and accepted back (`--seed`), but threads make no two runs equal.
"""
