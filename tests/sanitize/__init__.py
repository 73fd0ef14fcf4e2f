"""The stress programs on extensions that are built with a sanitizer of gcc.

    python -m tests.sanitize asan            memory that is used after it was freed, or beyond its end
    python -m tests.sanitize ubsan           undefined behaviour of C
    python -m tests.sanitize tsan            data that two threads use at once; free-threaded Python only

The extensions are built into a temporary tree, by and for the interpreter that runs this. Exits with 0 if nothing was
reported, no program failed, and the sanitizer was at work. `--seconds` is the time for each program, `--only` names
some of them, `--keep` a directory for the tree and the logs, whose build the next run uses again.

The interpreter itself is not instrumented. TSan sees none of the locks and atomics inside it, so it cannot know that
what one thread writes into a new object is written before another thread finds the object in a dictionary. tsan.supp
lists the functions where that is so, and those whose races do no harm, each with the reason.
"""
