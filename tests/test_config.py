"""Options: where they are read from, which source wins, and the one-line error for each mistake."""

import dataclasses
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lockdep.config import OptionError, Options, load_options
from lockdep.vocabulary import grades
from tests.patience import PROGRAM_LIMIT
from tests.sourcetree import ROOT

pytestmark = pytest.mark.once


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    """Start in an empty folder, with no pyproject.toml above that speaks of us."""
    monkeypatch.delenv("LOCKDEP_OPTIONS", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def pyproject(folder, text):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pyproject.toml").write_text(text)


def test_without_any_source_the_defaults_hold():
    assert load_options() == Options()
    assert Options() == Options(
        enabled=True,
        strict=False,
        fail_on="potential",
        raise_on_deadlock=False,
        on_deadlock="report",
        hang_after=0,
        suppress=(),
        ignore=(),
        max_chains=65536,
        max_witnesses=4,
        max_instances=1024,
        max_pairs=4096,
        stack_depth=24,
        exit_code=66,
    )


def test_options_cannot_change():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Options().strict = True


def test_the_page_names_every_option_with_its_default():
    rows = re.findall(r"^\| `(\w+)`[^|]*\| ([^|]*) \|", (ROOT / "docs/options.md").read_text(), re.MULTILINE)
    words = {"True": "true", "False": "false", "()": "none", "": "none"}
    defaults = dataclasses.asdict(Options())
    told = {name: default for name, default in rows if name in defaults}
    assert told == {name: words.get(str(default), str(default)) for name, default in defaults.items()}


def test_fail_on_may_name_every_grade_but_excused():
    for name in grades.GRADES:
        if name == grades.EXCUSED:
            with pytest.raises(OptionError):
                Options(fail_on=name)
        else:
            assert Options(fail_on=name).fail_on == name


def test_keyword_beats_environment_beats_pyproject(nowhere, monkeypatch):
    pyproject(nowhere, "[tool.lockdep]\nmax_chains = 1\nmax_pairs = 1\nmax_witnesses = 1\n")
    monkeypatch.setenv("LOCKDEP_OPTIONS", "max_chains=2 max_pairs=2")
    options = load_options(max_chains=3)
    assert (options.max_chains, options.max_pairs, options.max_witnesses) == (3, 2, 1)


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("strict=yes", "strict", True),
        ("strict=1,enabled=off", "enabled", False),
        ("fail-on=certain", "fail_on", "certain"),
        ("  exit_code=7 ,  strict=TRUE ", "exit_code", 7),
        ("ignore=urllib3.*:requests", "ignore", ("urllib3.*", "requests")),
        ("ignore=", "ignore", ()),
    ],
)
def test_the_environment_sets_options(monkeypatch, text, name, value):
    monkeypatch.setenv("LOCKDEP_OPTIONS", text)
    assert getattr(load_options(), name) == value


def test_pyproject_sets_options(nowhere):
    entry = "circular: a.py:1 -> b/*  # why"
    pyproject(nowhere, f'[tool.lockdep]\nfail-on = "feasible"\nsuppress = ["{entry}"]\nignore = []\nstrict = true\n')
    options = load_options()
    assert options == Options(fail_on="feasible", suppress=(entry,), strict=True)


def test_the_nearest_pyproject_upwards_decides(nowhere, monkeypatch):
    pyproject(nowhere, "[tool.lockdep]\nexit_code = 1\n")
    pyproject(nowhere / "inner", "[tool.lockdep]\nexit_code = 2\n")
    (nowhere / "inner" / "deep" / "deeper").mkdir(parents=True)
    monkeypatch.chdir(nowhere / "inner" / "deep" / "deeper")
    assert load_options().exit_code == 2


def test_a_keyword_may_be_a_list_where_a_tuple_is_kept():
    assert load_options(ignore=["a", "b"]).ignore == ("a", "b")


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"stric": True}, r"keyword: unknown option 'stric' \(known: enabled, strict, .*exit_code\)"),
        ({"strict": 1}, "keyword strict: expected true or false, got 1"),
        ({"max_chains": True}, "keyword max_chains: expected an integer from 0 to 2147483647, got True"),
        ({"max_chains": "7"}, "keyword max_chains: expected an integer from 0 to 2147483647, got '7'"),
        ({"max_pairs": -1}, "keyword max_pairs: expected an integer from 0 to 2147483647, got -1"),
        ({"max_instances": 10**22}, "keyword max_instances: expected an integer from 0 to 2147483647, got 1.*"),
        ({"exit_code": 256}, "keyword exit_code: expected an integer from 0 to 255, got 256"),
        (
            {"fail_on": "maybe"},
            "keyword fail_on: expected one of observed, certain, feasible, potential, unmatched, latent, stall, "
            "got 'maybe'",
        ),
        ({"suppress": "circular: *"}, "keyword suppress: expected a list of strings, got 'circular: .*'"),
        ({"ignore": [1]}, r"keyword ignore: expected a list of strings, got \(1,\)"),
    ],
)
def test_a_bad_keyword_is_an_error_of_one_line(keywords, message):
    with pytest.raises(OptionError, match=f"^{message}$"):
        load_options(**keywords)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("strict", "LOCKDEP_OPTIONS: expected name=value pairs separated by spaces or commas, got 'strict'"),
        ("nothing=1", "LOCKDEP_OPTIONS: unknown option 'nothing' .*"),
        ("strict=perhaps", "LOCKDEP_OPTIONS strict: expected true or false, got 'perhaps'"),
        ("max_chains=many", "LOCKDEP_OPTIONS max_chains: expected an integer from 0 to 2147483647, got 'many'"),
        ("max_chains=-5", "LOCKDEP_OPTIONS max_chains: expected an integer from 0 to 2147483647, got -5"),
        ("fail_on=all", "LOCKDEP_OPTIONS fail_on: expected one of observed, .*, got 'all'"),
        ("suppress=circular:x", r"LOCKDEP_OPTIONS suppress: only accepted in \[tool.lockdep\] .*"),
    ],
)
def test_a_bad_environment_is_an_error_of_one_line(monkeypatch, text, message):
    monkeypatch.setenv("LOCKDEP_OPTIONS", text)
    with pytest.raises(OptionError, match=f"^{message}$"):
        load_options()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.lockdep]\nunknown = 1", r"pyproject.toml \[tool.lockdep\]: unknown option 'unknown' .*"),
        (
            "[tool.lockdep]\nstrict = 'yes'",
            r"pyproject.toml \[tool.lockdep\] strict: expected true or false, got 'yes'",
        ),
        ("[tool.lockdep]\nsuppress = 'x'", r".*suppress: expected a list of strings, got 'x'"),
        ("[tool.lockdep]\nexit_code = 1.5", r".*exit_code: expected an integer from 0 to 255, got 1.5"),
        ("[tool.lockdep]\nstrict = \n", "pyproject.toml: not valid TOML: .*line 2.*"),
        ("[tool]\nlockdep = 3  # tool.lockdep", "pyproject.toml tool.lockdep: expected a table, got 3"),
    ],
)
def test_a_bad_pyproject_is_an_error_of_one_line(nowhere, text, message):
    pyproject(nowhere, text)
    with pytest.raises(OptionError, match=f"{message}$") as caught:
        load_options()
    assert str(nowhere / "pyproject.toml") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_pyproject_that_is_not_text_is_an_error(nowhere):
    (nowhere / "pyproject.toml").write_bytes(b"# tool.lockdep \xff\n")
    with pytest.raises(OptionError, match="not valid TOML"):
        load_options()


def test_a_broken_pyproject_without_our_table_is_ignored(nowhere):
    pyproject(nowhere, "[tool.other\n")
    assert load_options() == Options()


def test_options_made_directly_are_checked():
    with pytest.raises(OptionError, match="option fail_on: expected one of"):
        Options(fail_on="maybe")


def test_tomllib_is_imported_only_for_our_table(nowhere):
    code = "import sys, lockdep.config as c; c.load_options(); print('tomllib' in sys.modules)"
    root = str(Path(__file__).parents[1])

    def imported():
        command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {root!r}); {code}"]
        return subprocess.run(
            command, cwd=nowhere, capture_output=True, text=True, check=True, timeout=PROGRAM_LIMIT
        ).stdout.strip()

    pyproject(nowhere, "[tool.other]\n")
    assert imported() == "False"
    pyproject(nowhere, "[tool.lockdep]\n")
    assert imported() == "True"


def test_a_program_that_reads_options_may_have_other_defaults(monkeypatch):
    assert load_options({"on_deadlock": "raise"}).on_deadlock == "raise"
    monkeypatch.setenv("LOCKDEP_OPTIONS", "on_deadlock=exit")
    assert load_options({"on_deadlock": "raise"}).on_deadlock == "exit"


def test_on_deadlock_is_one_of_three_words():
    with pytest.raises(OptionError, match="on_deadlock: expected one of report, raise, exit"):
        load_options(on_deadlock="ignore")
