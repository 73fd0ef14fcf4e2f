"""Builds the optional compiled fast path. Everything else about the package stands in pyproject.toml.

lockdep/_fastpath.py is ordinary Python that Cython can compile. Three ways to ask for it:

    (nothing)                     compiled where Cython and a C compiler work, else pure, with a warning
    LOCKDEP_PURE=1                pure; no compiler is looked for
    LOCKDEP_REQUIRE_COMPILED=1    compiled, or the build fails
"""

import os
import sys
from typing import Any

from setuptools import Extension, setup

DIRECTIVES = {
    "language_level": 3,
    "binding": False,  # cyfunction objects are shared and counted: threads slow each other down on free-threaded builds
    "freethreading_compatible": True,  # without it importing the extension turns the GIL back on
    "boundscheck": False,
    "wraparound": False,
}


def asked(variable: str) -> bool:
    return os.environ.get(variable, "") not in ("", "0")


def fastpath(required: bool) -> list[Any]:
    """Return the extension, translated to C; or nothing where it is optional and Cython is missing or fails."""
    extension = Extension(
        "lockdep._fastpath",
        ["lockdep/_fastpath.py"],
        depends=["lockdep/_fastpath.pxd"],
        extra_compile_args=[] if os.name == "nt" else ["-O2"],
    )
    try:
        from Cython.Build import cythonize

        (translated,) = cythonize([extension], build_dir="build/cython", compiler_directives=DIRECTIVES)
        translated.optional = not required  # on the result: cythonize does not pass it on
        return [translated]
    except Exception as error:  # no Cython at all, or one that cannot translate this file
        if required:
            raise SystemExit(f"lockdep: LOCKDEP_REQUIRE_COMPILED is set, but Cython failed: {error!r}") from error
        print(f"lockdep: warning: installing the pure build, because Cython failed: {error!r}", file=sys.stderr)
        return []


pure, required = asked("LOCKDEP_PURE"), asked("LOCKDEP_REQUIRE_COMPILED")
if pure and required:
    raise SystemExit("lockdep: LOCKDEP_PURE and LOCKDEP_REQUIRE_COMPILED are both set; unset one of them")
setup(ext_modules=[] if pure else fastpath(required))
