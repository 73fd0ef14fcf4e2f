"""Locks of one line that belong to objects of different types, and locks of one type in both orders."""

import gc
import runpy
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from lockdep.fastpath import new_serial, owner_of
from lockdep.fastpath.owners import first_argument, is_inherited
from tests.evidence.test_corpus import strongest
from tests.worlds import patched_world

OWNERS = """
import functools, sys, threading
from dataclasses import dataclass, field

sink = threading.Lock()

{base}

class Stream(Base):
    def handle(self):
        with self.lock: pass

class Intercept(Base):
    def handle(self):
        with self.lock:
            with sink: pass

def write(stream):
    with sink: Stream.handle(stream)

def run(work, stream):
    {use}
    thread = threading.Thread(target=work, args=(stream,)); thread.start(); thread.join()

run(write, {first}()); run(Intercept.handle, Intercept())
"""
BASES = {
    "init of a base class": """
class Base:
    def __init__(self): self.lock = threading.Lock()
""",
    "init with a closure over self": """
class Base:
    def __init__(self):
        self.lock = threading.RLock()
        self.kind = (lambda: type(self))()
""",
    "init of the base of a base class": """
class Root:
    def __init__(self): self.lock = threading.Lock()
class Base(Root): pass
""",
    "new of a base class": """
class Base:
    def __new__(cls):
        made = super().__new__(cls)
        made.lock = threading.Lock()
        return made
""",
    "property of a mixin": """
class Base:
    @property
    def lock(self): return vars(self).setdefault("kept", threading.Lock())
""",
    "cached property": """
class Base:
    @functools.cached_property
    def lock(self): return threading.Lock()
""",
    "field of a dataclass": """
@dataclass
class Base:
    lock: object = field(default_factory=threading.Lock)
""",
    "condition of a base class": """
class Base:
    def __init__(self): self.lock = threading.Condition()
""",
}
OWN_INIT = """
class Base: pass

@dataclass
class Stream(Base):
    lock: object = field(default_factory=threading.Lock)
    def handle(self):
        with self.lock: pass

@dataclass
class Intercept(Base):
    lock: object = field(default_factory=threading.Lock)
    def handle(self):
        with self.lock:
            with sink: pass
"""


def grade(folder: Path, base: str, first: str, use: str = "stream.lock") -> str:
    """Return the grade of a program in which `first` is the type of the object whose lock is taken under the sink."""
    path = folder / "program.py"
    source = OWNERS.format(base=base, use=use, first=first)
    if base is OWN_INIT:
        source = source[: source.index("class Stream(Base):\n    def")] + source[source.index("def write") :]
    path.write_text(source)
    with patched_world() as validator:
        objects = runpy.run_path(str(path))
        gc.collect()
        found = strongest([one for one in validator.findings() if one.slug == "circular"])
        del objects
    return found


@pytest.mark.parametrize("base", BASES.values(), ids=BASES)
def test_two_kinds_of_object_that_inherit_the_line_of_their_lock_are_no_error(tmp_path: Path, base: str) -> None:
    assert grade(tmp_path, base, "Stream") == "unmatched"


@pytest.mark.parametrize("base", BASES.values(), ids=BASES)
def test_one_kind_of_object_in_both_orders_is_an_error(tmp_path: Path, base: str) -> None:
    assert grade(tmp_path, base, "Intercept") == "potential"


def test_each_dataclass_has_a_lock_class_of_its_own(tmp_path: Path) -> None:
    assert grade(tmp_path, OWN_INIT, "Stream") == "none"
    assert grade(tmp_path, OWN_INIT, "Intercept") == "potential"


def test_a_later_object_of_the_other_kind_makes_it_an_error(tmp_path: Path) -> None:
    again = "write(Intercept())"
    base = BASES["init of a base class"]
    assert grade(tmp_path, base, "Stream", use=f"stream.lock\n    if work is write: {again}") == "potential"


def test_a_lock_that_is_made_on_first_use_under_another_one(tmp_path: Path) -> None:
    assert grade(tmp_path, BASES["property of a mixin"], "Intercept", use="pass") == "potential"


@pytest.mark.xfail(reason="whether other types inherit a method is asked when it makes its first lock", strict=True)
def test_types_that_are_made_after_the_first_lock(tmp_path: Path) -> None:
    assert grade(tmp_path, f"{BASES['init of a base class']}\nBase()\n", "Stream") == "unmatched"


class Base:
    def make(self) -> Any:
        import sys

        return sys._getframe()

    @classmethod
    def make_for_all(cls) -> None: ...

    @cached_property
    def made_once(self) -> None: ...


class Inherits(Base): ...


def test_only_a_method_that_a_subclass_inherits_is_asked_for_its_object() -> None:
    make = Base.make.__code__
    assert is_inherited(make, Base())
    assert is_inherited(make, Inherits())
    assert is_inherited(Base.make_for_all.__func__.__code__, Inherits)  # type: ignore[attr-defined]
    assert is_inherited(vars(Base)["made_once"].func.__code__, Inherits())
    assert not is_inherited(make, object())
    assert not is_inherited(test_only_a_method_that_a_subclass_inherits_is_asked_for_its_object.__code__, "text")


def test_the_first_argument_of_a_function_is_found() -> None:
    base = Base()
    assert first_argument(base.make()) is base


def test_the_owner_of_a_lock_that_says_nothing_of_it_is_not_known() -> None:
    assert owner_of(new_serial()) is None
