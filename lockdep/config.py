"""The options of a validator, and the three places they are read from.

Strongest first: a keyword argument; the environment variable LOCKDEP_OPTIONS ("strict=yes max_chains=1000", pairs
separated by spaces or commas); the table [tool.lockdep] of the nearest pyproject.toml, from the working directory
upwards.

Promises: an unknown key, a wrong type, a value out of range or a broken file is an OptionError of one line that names
the source, the key and what is accepted. Options never change once made. Everywhere but in keywords a dash may stand
for an underscore (`fail-on`). Two limits: `suppress` is not accepted from the environment, since an entry may hold
spaces and commas; and a pyproject.toml is only parsed if its text contains "tool.lockdep".

Cost: without such a file a few stat calls; tomllib is imported only when there is a table to read.
"""

import dataclasses
import os
from collections.abc import Mapping
from typing import Any

GRADES = ("certain", "feasible", "potential", "stall")  # what fail_on may name, strongest first
VARIABLE = "LOCKDEP_OPTIONS"
_WORDS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


class OptionError(ValueError):
    """An option that cannot be used; the message is one line for the person who wrote it."""


def _option(default: Any, meaning: str) -> Any:
    return dataclasses.field(default=default, metadata={"meaning": meaning})


@dataclasses.dataclass(frozen=True, slots=True)
class Options:
    """Every option, its default and its meaning; `option_table()` gives the same for people."""

    enabled: bool = _option(True, "track locks at all")
    strict: bool = _option(False, "the kernel's verdicts: every finding counts, whatever its evidence")
    fail_on: str = _option("potential", "weakest grade that fails a run: " + ", ".join(GRADES))
    raise_on_deadlock: bool = _option(False, "raise DeadlockError in the thread that would deadlock")
    raise_on_recursion: bool = _option(False, "raise DeadlockError in a thread that would wait for itself")
    suppress: tuple[str, ...] = _option((), 'findings not to report: "circular: a.py:1 -> b/*  # why"')
    ignore: tuple[str, ...] = _option((), "globs of module names whose locks are not tracked")
    max_chains: int = _option(65536, "lock chains remembered; beyond, pairs are checked one by one")
    max_witnesses: int = _option(4, "observations kept for each dependency")
    max_instances: int = _option(1024, "lock instances remembered for each joined thread or work item")
    max_pairs: int = _option(4096, "pairs of instances remembered for each class nested in itself")
    stack_depth: int = _option(24, "frames kept of each stack")
    stat: bool = _option(False, "take wait and hold times of every lock")
    exit_code: int = _option(66, "exit status of `lockdep run` in place of 0 when there were findings")

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            _check(field.name, getattr(self, field.name), field.default, "option")


def option_table() -> tuple[tuple[str, Any, str], ...]:
    """Return (name, default, meaning) of every option, in the order a reader should meet them."""
    return tuple((field.name, field.default, field.metadata["meaning"]) for field in dataclasses.fields(Options))


def load_options(**keywords: Any) -> Options:
    """Merge keywords, environment and pyproject.toml into Options; OptionError if any of them is wrong."""
    checked = _checked(keywords, "keyword")
    if len(checked) == len(_DEFAULTS):
        return Options(**checked)  # nothing is left for the weaker sources to say
    return Options(**{**_from_pyproject(os.getcwd()), **_from_environment(os.environ.get(VARIABLE, "")), **checked})


def _checked(values: Mapping[str, Any], source: str) -> dict[str, Any]:
    result = {}
    for name, value in values.items():
        if name not in _DEFAULTS:
            raise OptionError(f"{source}: unknown option {name!r} (known: {', '.join(_DEFAULTS)})")
        if isinstance(_DEFAULTS[name], tuple) and isinstance(value, list):
            value = tuple(value)
        _check(name, value, _DEFAULTS[name], source)
        result[name] = value
    return result


def _check(name: str, value: Any, default: Any, source: str) -> None:
    if not _fits(name, value, default):
        raise OptionError(f"{source} {name}: expected {_accepted(name, default)}, got {value!r}")


def _fits(name: str, value: Any, default: Any) -> bool:
    if isinstance(default, tuple):
        return isinstance(value, tuple) and all(isinstance(item, str) for item in value)
    if type(value) is not type(default):  # exact: True is no bound
        return False
    if name == "fail_on":
        return value in GRADES
    if name == "exit_code":
        return value in range(256)
    return isinstance(value, bool) or (isinstance(value, int) and value >= 0)


def _accepted(name: str, default: Any) -> str:
    if name == "fail_on":
        return "one of " + ", ".join(GRADES)
    if name == "exit_code":
        return "an integer from 0 to 255"
    if isinstance(default, tuple):
        return "a list of strings"
    return "true or false" if isinstance(default, bool) else "an integer, 0 or more"


def _from_environment(text: str) -> dict[str, Any]:
    words: dict[str, Any] = {}
    for pair in text.replace(",", " ").split():
        name, equals, value = pair.partition("=")
        if not equals:
            raise OptionError(f"{VARIABLE}: expected name=value pairs separated by spaces or commas, got {pair!r}")
        words[name.replace("-", "_")] = value
    if "suppress" in words:
        raise OptionError(f"{VARIABLE} suppress: only accepted in [tool.lockdep] of pyproject.toml, or as a keyword")
    return _checked({name: _from_word(name, value) for name, value in words.items()}, VARIABLE)


def _from_word(name: str, word: str) -> Any:
    """Convert one word to the type of its option; what cannot be converted is left for the check to refuse."""
    default = _DEFAULTS.get(name)
    if isinstance(default, bool):
        return _WORDS.get(word.lower(), word)
    if isinstance(default, tuple):
        return tuple(filter(None, word.split(":")))  # ignore=a.*:b
    if isinstance(default, int):
        try:
            return int(word)
        except ValueError:
            return word
    return word


def _from_pyproject(folder: str) -> dict[str, Any]:
    path = _find_pyproject(folder)
    if path is None:
        return {}
    try:
        with open(path, "rb") as file:
            raw = file.read()
    except OSError:
        return {}  # a file we may not read is not about us
    if b"tool.lockdep" not in raw:
        return {}
    import tomllib

    try:
        document = tomllib.loads(raw.decode())
    except ValueError as error:  # TOMLDecodeError and UnicodeDecodeError are both
        raise OptionError(f"{path}: not valid TOML: {error}") from None
    tool = document.get("tool", {})
    table = tool.get("lockdep", {}) if isinstance(tool, dict) else {}
    if not isinstance(table, dict):
        raise OptionError(f"{path} tool.lockdep: expected a table, got {table!r}")
    return _checked({name.replace("-", "_"): value for name, value in table.items()}, f"{path} [tool.lockdep]")


def _find_pyproject(folder: str) -> str | None:
    while True:
        path = os.path.join(folder, "pyproject.toml")
        if os.path.isfile(path):
            return path
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent


_DEFAULTS: dict[str, Any] = {field.name: field.default for field in dataclasses.fields(Options)}
