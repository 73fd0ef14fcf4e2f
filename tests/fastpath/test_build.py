"""The build of the fast path: its parts are all compiled or all pure, and no C variable exists twice unnoticed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lockdep import fastpath
from lockdep.fastpath import _build, _modes
from tests.sourcetree import ROOT

FOLDER = ROOT / "lockdep/fastpath"
PRIMITIVES = ("primitives._atomic", "primitives._rcu", "primitives._seqlock")
EXTENSIONS = (*(f"lockdep.fastpath.{part}" for part in fastpath.PARTS), *PRIMITIVES)
KEPT_EQUAL = {"ld_here": {"_threads", "_lock"}}  # _threads changes both in one step


# -- one build


def test_all_parts_have_the_same_build() -> None:
    assert {module.COMPILED for module in fastpath.MODULES if hasattr(module, "COMPILED")} == {
        fastpath.BUILD == "compiled"
    }


def run_in(folder: Path, code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LOCKDEP_")}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env={**environment, **variables}, capture_output=True, text=True
    )


@pytest.mark.skipif(fastpath.BUILD != "compiled", reason="there is no extension to be taken away")
@pytest.mark.parametrize("part", ["_link", "_chain", "_owned"])
def test_a_missing_extension_makes_all_parts_pure(tmp_path: Path, part: str) -> None:
    shutil.copytree(ROOT / "lockdep", tmp_path / "lockdep")
    for path in (tmp_path / "lockdep/fastpath").glob(f"{part}.*.so"):
        path.unlink()
    code = "from lockdep import fastpath; print({m.__file__.endswith('.py') for m in fastpath.MODULES}, fastpath.BUILD)"

    assert run_in(tmp_path, code).stdout.strip() == "{True} pure"
    required = run_in(tmp_path, code, LOCKDEP_REQUIRE_COMPILED="1")
    assert "ImportError: LOCKDEP_REQUIRE_COMPILED is set" in required.stderr


@pytest.mark.skipif(fastpath.BUILD != "compiled", reason="a pure module beside pure parts is not mixed")
def test_a_pure_module_beside_compiled_parts_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lonely.py").write_text("COMPILED = False\n")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(ImportError, match="lonely has no compiled extension"):
        fastpath.load("lonely")


def test_each_part_imports_only_those_before_it() -> None:
    order = ["_modes", "hooks", "places", "greenlets", "owners", *_build.PURE_PARTS]
    for name in order:
        for path in (FOLDER / f"{name}.py", FOLDER / f"{name}.pxd"):
            text = path.read_text() if path.exists() and name != "hooks" else ""
            wanted = re.findall(r"^ *from lockdep\.fastpath\.(\w+) c?import", text, re.MULTILINE)
            assert all(order.index(other) < order.index(name) for other in wanted), f"{path.name} imports {wanted}"


def test_c_and_python_have_the_same_constants() -> None:
    text = (FOLDER / "_modes.pxd").read_text()
    constants = {name: int(value) for name, value in re.findall(r"^    (\w+) = (\d+)$", text, re.MULTILINE)}

    assert constants == {name: getattr(_modes, name) for name in constants}
    assert {"READ", "UNUSUAL", "ROOM"} < constants.keys()


# -- variables of C: a header, and what is written out in a .pxd, is compiled into each extension that cimports it


def c_texts(path: Path, seen: set[Path]) -> list[str]:
    """Return the C code that a .pxd or header file brings into an extension, each file once."""
    if path in seen:
        return []
    seen.add(path)
    text = path.read_text()
    if path.suffix == ".h":
        wanted = re.findall(r'#include "((?:lockdep|primitives)/[^"]+)"', text)
        return [*(each for name in wanted for each in c_texts(ROOT / name, seen)), text]
    found = re.findall(r'cdef extern from \*:\s+"""(.*?)"""', text, re.DOTALL)
    for name in re.findall(r'cdef extern from "([^"]+)"', text):
        found += c_texts(ROOT / name, seen)
    for module in re.findall(r"^from (\S+) cimport", text, re.MULTILINE):
        other = (ROOT / module.replace(".", "/")).with_suffix(".pxd")
        found += c_texts(other, seen) if other.exists() else []
    return found


def for_extension(text: str, macro: str) -> str:
    """Return the text without comments, and without what is compiled only into other extensions."""
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.DOTALL).replace("\\\n", " ")
    kept, open_ = [], [True]
    for line in text.splitlines():
        word = line.strip()
        if word.startswith(("#if", "#ifdef", "#ifndef")):
            open_.append(f"{macro}" in re.findall(r"\w+", word) if "LD_IN_" in word else True)
        elif word.startswith("#endif"):
            open_.pop()
        elif not word.startswith("#") and all(open_):
            kept.append(line)
    return "\n".join(kept)


def variables(text: str) -> set[str]:
    """Return the variables that C code without directives defines, at the top or as `static` in a function."""
    found = {
        name for body in re.findall(r"\bstatic\b([^;{}()]*?)[;=]", text) for name in re.findall(r"(\w+)\W*$", body)
    }
    while re.search(r"\{[^{}]*\}", text):
        text = re.sub(r"\)\s*\{[^{}]*\}", ");", text)
        text = re.sub(r"\{[^{}]*\}", " ", text)
    for statement in text.split(";"):
        declared = re.sub(r"__attribute__\s*\(\(.*?\)\)", " ", statement.split("=")[0])
        words = re.findall(r"\w+", re.sub(r"\[[^\]]*\]|\bLD_TLS\b|\bRC_TLS\b", " ", declared))
        if "(" not in declared and len(words) > 1 and not {"typedef", "extern", "const"} & set(words):
            found.add(words[-1])
    return found - {"LD_TLS", "RC_TLS"}


def test_the_finder_of_variables_finds_them() -> None:
    text = """
        static int plain = 1;
        static __thread PyObject *local LD_TLS;
        static struct { PyObject *code; int whose; } table[16];
        typedef struct { long long count; } not_a_variable;
        static inline int function(int *at) { static int inside; int other = 3; return other; }
        static const int fixed = 2;
        extern int elsewhere;
        long long shared[4];
    """
    assert variables(text) >= {"plain", "local", "table", "inside", "shared"}
    assert not variables(text) & {"not_a_variable", "function", "other", "elsewhere", "count", "at"}


def test_the_finder_knows_which_extension_keeps_a_variable() -> None:
    text = "#ifdef LD_IN_LOCK\nstatic int kept;\n#endif\n"

    assert variables(for_extension(text, "LD_IN_LOCK")) == {"kept"}
    assert variables(for_extension(text, "LD_IN_SITE")) == set()


def test_no_variable_of_c_is_copied_into_a_second_extension() -> None:
    keepers: dict[str, set[str]] = {}
    for module in EXTENSIONS:
        stem = module.rpartition(".")[2]
        path = (ROOT / module.replace(".", "/")).with_suffix(".pxd")
        for text in c_texts(path, set()):
            for name in variables(for_extension(text, f"LD_IN{stem.upper()}")):
                keepers.setdefault(name, set()).add(stem)

    assert {"ld_here", "ld_late", "ld_generation", "rc_tls"} <= keepers.keys()  # it sees those that there are
    copied = {name: stems for name, stems in keepers.items() if len(stems) > 1}
    assert copied == KEPT_EQUAL
