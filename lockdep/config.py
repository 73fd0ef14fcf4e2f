"""The options of a validator, and the three places they are read from.

The strongest source first: keyword arguments; the environment variable LOCKDEP_OPTIONS ("strict=yes max_chains=1000",
pairs separated by spaces or commas); the table [tool.lockdep] of the nearest pyproject.toml, from the working directory
upwards. In the environment and in pyproject.toml a dash may stand for an underscore (`fail-on`).

Promises: an unknown key, a wrong type, a value out of range or a broken file is an OptionError, whose message is one
line with the source, the key and what is accepted. Options never change once they are made.

Limits: `suppress` is not accepted from the environment, since an entry may contain spaces and commas. A pyproject.toml
is parsed only if its text contains "tool.lockdep".

Cost: a few stat calls if there is no such file. tomllib is imported only when there is a table to read.
"""

import dataclasses
import os
from collections.abc import Mapping
from typing import Any

from lockdep.vocabulary.grades import FAIL_ON, POTENTIAL
from lockdep.vocabulary.styles import AUTO, FRAMES, STYLES, USER

VARIABLE = "LOCKDEP_OPTIONS"
ON_DEADLOCK = ("report", "raise", "exit")
MOST = 2**31 - 1  # the largest number that is accepted
_CHOICES = {"fail_on": FAIL_ON, "on_deadlock": ON_DEADLOCK, "style": STYLES, "frames": FRAMES}
_WORDS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


class OptionError(ValueError):
    """An option cannot be used. The message is one line for the person who wrote the option."""


@dataclasses.dataclass(frozen=True, slots=True)
class Options:
    """All options with their defaults. Making one with a value that is not accepted raises OptionError."""

    enabled: bool = True  # track locks at all
    strict: bool = False  # the kernel's verdicts: every finding fails a run, whatever its grade
    fail_on: str = POTENTIAL  # the weakest grade that fails a run, one of vocabulary.grades.FAIL_ON
    raise_on_deadlock: bool = False  # raise DeadlockError in the thread that would deadlock
    on_deadlock: str = "report"  # what to do about threads that do wait in a circle, one of ON_DEADLOCK
    hang_after: int = 0  # seconds of a wait after which a picture of all threads is written, once; 0 is never
    raise_on_recursion: bool = False  # raise DeadlockError in a thread that would wait for itself
    suppress: tuple[str, ...] = ()  # findings not to report: "circular: a.py:1 -> b/*  # why"
    baseline: str = ""  # a file of findings that are known, see baseline.py
    ignore: tuple[str, ...] = ()  # glob patterns of module names whose locks are not tracked
    max_chains: int = 65536  # lock chains to remember; further ones are checked pair by pair, each time
    max_witnesses: int = 4  # observations to keep of each kind of each dependency
    max_instances: int = 1024  # lock instances to remember for each thread or work item that can be waited for
    max_pairs: int = 4096  # pairs of instances to remember for each class that is nested in itself
    stack_depth: int = 24  # frames to keep of each stack
    show_unmatched: bool = False  # report cycles whose observations name different locks, not only their number
    style: str = AUTO  # how reports are shown, one of vocabulary.styles.STYLES
    frames: str = USER  # whose calls reports in the short style show, one of vocabulary.styles.FRAMES
    stat: bool = False  # measure wait and hold times of every lock
    children: bool = True  # record what child processes of `lockdep run` and pytest see, too
    exit_code: int = 66  # exit status of `lockdep run` instead of 0 if there were findings

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            _check(field.name, getattr(self, field.name), field.default, "option")


def load_options(weakest: Mapping[str, Any] | None = None, /, **keywords: Any) -> Options:
    """Return the Options that keywords, environment and pyproject.toml give together, the strongest source first.

    `weakest` has defaults that differ from those of Options.

    Raises OptionError if any of the three is wrong. Reads the environment and at most one file.
    """
    checked = _checked(keywords, "keyword")
    if len(checked) == len(_DEFAULTS):
        return Options(**checked)  # every option is given: do not read the weaker sources
    environment = _from_environment(os.environ.get(VARIABLE, ""))
    return with_baseline(Options(**{**(weakest or {}), **_from_pyproject(os.getcwd()), **environment, **checked}))


def with_baseline(options: Options) -> Options:
    """Return options that suppress the findings of the baseline, if there is one. OptionError if it cannot be read."""
    if not options.baseline:
        return options
    from lockdep.baseline import entries

    try:
        return dataclasses.replace(options, suppress=(*options.suppress, *entries(options.baseline)))
    except ValueError as error:
        raise OptionError(f"baseline {options.baseline}: {error}") from None


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
    if type(value) is not type(default):  # exactly, since True is an int
        return False
    if name in _CHOICES:
        return value in _CHOICES[name]
    if name == "exit_code":
        return value in range(256)
    return isinstance(value, bool | str) or value in range(MOST + 1)


def _accepted(name: str, default: Any) -> str:
    if name in _CHOICES:
        return "one of " + ", ".join(_CHOICES[name])
    if name == "exit_code":
        return "an integer from 0 to 255"
    if isinstance(default, tuple):
        return "a list of strings"
    if isinstance(default, str):
        return "a path"
    return "true or false" if isinstance(default, bool) else f"an integer from 0 to {MOST}"


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
    """Return one word as a value of its option's type, or as it is if that fails: the check then refuses it."""
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
        return {}  # a file that we may not read is not meant for us
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
    options = _checked({name.replace("-", "_"): value for name, value in table.items()}, f"{path} [tool.lockdep]")
    if options.get("baseline"):
        options["baseline"] = os.path.join(os.path.dirname(path), options["baseline"])
    return options


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
