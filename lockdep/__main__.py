"""`python -m lockdep` is the command `lockdep`."""

from lockdep.cli import main

raise SystemExit(main())
