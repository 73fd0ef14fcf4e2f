"""Adding a primitive touches at most five files: the test adds one to a copy of the project and tests it there."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.bounded import Ended, run_bounded
from tests.patience import PROGRAM_LIMIT
from tests.sourcetree import ROOT

MOST_FILES = 5
SKIPPED = shutil.ignore_patterns("__pycache__", "*.so", "*.c", "museum", "selftest", "golden")

MODULE = '''"""Gate: one thread at a time goes through; any thread may open it again."""

from dataclasses import dataclass

from lockdep.fastpath import DepMap
from lockdep.fastpath.waitqueue import UnitPool
from lockdep.wait_types import SLEEP, Traits


@dataclass(frozen=True, slots=True)
class GateStatistics:
    waiting: int
    contended: int


class Gate(UnitPool):
    __slots__ = ()
    traits = Traits(inner=SLEEP)

    def __init__(self, name: str | None = None) -> None:
        super().__init__(DepMap(name, type(self)), 1, False)

    def enter(self) -> None:
        self.lock(1)

    def enter_timeout(self, seconds: float) -> bool:
        return self.lock(1, 0, max(0, seconds))

    def leave(self) -> None:
        self.unlock(1)

    def statistics(self) -> GateStatistics:
        return GateStatistics(self.waiting, self.contended)
'''

ADAPTER = '''"""Gate."""

from primitives import Gate
from tests.primitives.contract import Adapter
from tests.stress.subjects import MakeSubject, Side, Subject, way

ADAPTERS = (
    Adapter(
        "gate",
        make=Gate,
        take=Gate.enter,
        give=Gate.leave,
        try_take=lambda gate: gate.enter_timeout(0),
        timed=Gate.enter_timeout,
        section=lambda gate: gate,
        owned=False,
        recursion=None,
        drop_in=True,
    ),
)


def one_at_a_time(broken: bool) -> Subject:
    gate = Gate()
    if broken:
        gate.leave()
    return Subject(Side(lambda: gate, way(gate.enter_timeout, gate.leave)))


SUBJECTS: dict[str, MakeSubject] = {"gate": one_at_a_time}
'''


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the project, pure build, to which the primitive Gate has been added."""
    copy = tmp_path_factory.mktemp("addition") / "project"
    for package in ("lockdep", "primitives", "tests"):
        shutil.copytree(ROOT / package, copy / package, ignore=SKIPPED)
    for name in ("pyproject.toml", "README.md", "CHANGELOG.md"):
        shutil.copy2(ROOT / name, copy / name)
    add_gate(copy)
    return copy


def add_gate(copy: Path) -> None:
    (copy / "primitives/gate.py").write_text(MODULE)
    (copy / "tests/primitives/adapt_gate.py").write_text(ADAPTER)
    insert_before(
        copy / "primitives/__init__.py",
        "    from primitives.irq import",
        "    from primitives.gate import Gate as Gate\n",
    )
    insert_before(copy / "primitives/__init__.py", '    "irq": ', '    "gate": "Gate",\n')
    insert_before(copy / "README.md", "Semaphore, Completion", "Gate, ")
    insert_before(copy / "CHANGELOG.md", "\n", "\n- Primitives: Gate.\n")


def insert_before(path: Path, mark: str, text: str) -> None:
    before, found, after = path.read_text().partition(mark)
    assert found, f"{path.name} has no {mark!r}"
    path.write_text(before + text + found + after)


def touched(copy: Path) -> list[str]:
    """Return the files of the copy that are new or differ from the project's."""
    files = [path.relative_to(copy) for path in copy.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return [str(file) for file in files if not is_same(copy / file, ROOT / file)]


def is_same(one: Path, other: Path) -> bool:
    return other.exists() and one.read_bytes() == other.read_bytes()


def run(project: Path, *arguments: str) -> Ended:
    pure = {**os.environ, "LOCKDEP_PURE": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    pure.pop("PYTEST_ADDOPTS", None)
    return run_bounded([sys.executable, "-m", *arguments], PROGRAM_LIMIT, cwd=project, env=pure)


@pytest.mark.once
def test_adding_a_primitive_touches_at_most_five_files(project: Path) -> None:
    assert len(touched(project)) <= MOST_FILES, touched(project)


@pytest.mark.once
def test_the_new_primitive_keeps_the_contract_without_being_listed_there(project: Path) -> None:
    suites = ["tests/primitives/test_contract.py", "tests/primitives/test_names.py"]

    done = run(project, "pytest", "-q", "-p", "no:cacheprovider", *suites, "-k", "gate or Gate")

    assert done.exit_code == 0, done.output
    assert " passed" in done.output


@pytest.mark.once
@pytest.mark.parametrize("more", [[], ["--broken"]], ids=["sound", "broken"])
def test_the_new_primitive_is_tortured(project: Path, more: list[str]) -> None:
    done = run(project, "tests.stress", "locktorture", "--primitive", "gate", "--seconds", "0.5", *more)

    assert done.exit_code == (1 if more else 0), done.output
    assert ("0 violations" in done.output) == (not more), done.output
