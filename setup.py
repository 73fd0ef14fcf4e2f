"""Build the optional compiled modules. Everything else about the package stands in pyproject.toml.

Each of these modules is ordinary Python that Cython can compile, with its C types in a .pxd file beside it and C
code in header files. The environment chooses what is built:

    (nothing)                     compiled if Cython and a C compiler work, else pure, with a warning
    LOCKDEP_PURE=1                pure; no compiler is looked for
    LOCKDEP_REQUIRE_COMPILED=1    compiled, or the build fails
    CFLAGS                        options of the compiler; -O3 is added if there is no -O among them, and without -g
                                  symbols are stripped
"""

import os
import sys
from glob import glob
from typing import Any

from setuptools import Extension, setup
from setuptools.command.build_py import build_py

MODULES = [
    "lockdep.fastpath._link",
    "lockdep.fastpath._runs",
    "lockdep.fastpath._tally",
    "lockdep.fastpath._chain",
    "lockdep.fastpath._deaths",
    "lockdep.fastpath._sighting",
    "lockdep.fastpath._site",
    "lockdep.fastpath._parking",
    "lockdep.fastpath._held",
    "lockdep.fastpath._thread_state",
    "lockdep.fastpath._threads",
    "lockdep.fastpath._stacks",
    "lockdep.fastpath._interrupts",
    "lockdep.fastpath._imports",
    "lockdep.fastpath._tracked",
    "lockdep.fastpath._dep_map",
    "lockdep.fastpath._waits",
    "lockdep.fastpath._lock",
    "lockdep.fastpath._owned",
    "lockdep.fastpath._handoffs",
    "lockdep.fastpath._drop_in",
    "lockdep.fastpath._waitqueue",
    "lockdep.fastpath._graph_lock",
    "lockdep.fastpath._fork_mask",
    "lockdep.fastpath._repeats",
    "primitives._atomic",
    "primitives._rcu",
    "primitives._seqlock",
]
PTH = "lockdep_processes.pth"
DIRECTIVES = {
    "language_level": 3,
    "binding": False,  # cyfunction objects are shared and counted: threads slow each other down on free-threaded builds
    "freethreading_compatible": True,  # without it, importing the extension turns the GIL back on
    "boundscheck": False,
    "wraparound": False,
}


def asked(variable: str) -> bool:
    """Return whether an environment variable is set to anything but the empty string or 0."""
    return os.environ.get(variable, "") not in ("", "0")


def compiler_options() -> list[str]:
    """Return the options for fast code without debug information, unless the environment asks for others."""
    if os.name == "nt":
        return []
    fast = [] if any(option.startswith("-O") for option in wanted_options()) else ["-O3"]
    return fast if wants_symbols() else [*fast, "-g0"]


def linker_options() -> list[str]:
    """Return the options that strip what only a debugger reads: six sevenths of the extensions."""
    if os.name == "nt" or wants_symbols():
        return []
    return ["-Wl,-S", "-Wl,-x"] if sys.platform == "darwin" else ["-Wl,--strip-all"]


def wants_symbols() -> bool:
    """Return whether the environment asks for debug information."""
    return any(option.startswith("-g") and option != "-g0" for option in wanted_options())


def wanted_options() -> list[str]:
    return os.environ.get("CFLAGS", "").split()


def extension(module: str) -> Extension:
    """Return the extension for a module. It is built again after a change of any .pxd or header file."""
    path = module.replace(".", "/")
    return Extension(
        module,
        [f"{path}.py"],
        depends=sorted(glob("lockdep/fastpath/*.pxd") + glob("lockdep/fastpath/*.h") + glob("primitives/*.pxd")),
        include_dirs=["."],  # headers are included as "lockdep/fastpath/_NAME.h"
        define_macros=[(f"LD_IN{path.rpartition('/')[2].upper()}", None)],  # a header tells who keeps its variables
        extra_compile_args=compiler_options(),
        extra_link_args=linker_options(),
    )


def extensions(required: bool) -> list[Any]:
    """Return the extensions, translated to C; an empty list if they are optional and Cython is missing or fails."""
    try:
        from Cython.Build import cythonize

        sources = [extension(module) for module in MODULES]
        translated = cythonize(sources, build_dir="build/cython", compiler_directives=DIRECTIVES)
        for each in translated:
            each.optional = not required  # on the result: cythonize does not pass it on
        return list(translated)
    except Exception as error:  # no Cython at all, or one that cannot translate these files
        if required:
            raise SystemExit(f"lockdep: LOCKDEP_REQUIRE_COMPILED is set, but Cython failed: {error!r}") from error
        print(f"lockdep: warning: installing the pure build, because Cython failed: {error!r}", file=sys.stderr)
        return []


class WithPth(build_py):
    """Also install the file by which a new Python joins the run of its parent: see lockdep/processes/environment.py."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            self.copy_file(PTH, os.path.join(self.build_lib, PTH))

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        return [*super().get_outputs(include_bytecode), os.path.join(self.build_lib, PTH)]


pure, required = asked("LOCKDEP_PURE"), asked("LOCKDEP_REQUIRE_COMPILED")
if pure and required:
    raise SystemExit("lockdep: LOCKDEP_PURE and LOCKDEP_REQUIRE_COMPILED are both set; unset one of them")
setup(
    ext_modules=[] if pure else extensions(required),
    cmdclass={"build_py": WithPth},
    options={"build_ext": {"parallel": True}},
)
