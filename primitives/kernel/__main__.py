"""`python -m primitives.kernel`: print the page of kernel names; with --stub, their types."""

import sys

from primitives.kernel.page import markdown, stub

if __name__ == "__main__":
    print(stub() if "--stub" in sys.argv[1:] else markdown(), end="")
