"""Each mistake with a store is one line on standard error and exit status 2, and changes nothing."""

from __future__ import annotations

import sys

import pytest

pytest.importorskip("sqlalchemy")

from lockdep.store.address import Address, StoreError
from tests.snapshots.snapshot_makers import seen
from tests.store.contents import parts

pytestmark = pytest.mark.once

only_sqlite = pytest.mark.parametrize("url", ["sqlite"], indirect=True)

MISTAKES = [
    ("push {file} mysql://root@localhost/fleet", "store: 'mysql' is no kind of store: give "),
    ("push {file} sqlite://", "store: a store of SQLite needs the path of a file"),
    ("push {file} sqlite:///:memory:", "store: a store of SQLite needs the path of a file"),
    ("push {file} postgresql://localhost", "store: malformed URL: it names no database"),
    ("push {file} postgresql://localhost:port/fleet", "store: malformed URL: its host or port cannot"),
    ("push {file} postgresql://me:secret/@localhost/fleet", "store: malformed URL: its host or port cannot"),
    ("push {file} postgresql://[::1/fleet", "store: malformed URL: its host or port cannot"),
    ("push {file} postgresql://me:secret@127.0.0.1:1/fleet", "store postgresql://me:***@127.0.0.1:1/fleet: conn"),
    ("push {file} {folder}/none/fleet.db", "store {folder}/none/fleet.db: unable to open database file"),
    ("push {file} {text}", "store {text}: file is not a database"),
    ("push {text} {url}", "{text}: not a snapshot: "),
    ("push {text} {file} {url}", "{text}: not a snapshot: "),
    ("push {folder}/none.json {url}", "cannot read {folder}/none.json: No such file"),
    ("push --project shop {empty} {url}", "{empty}: it has no process, or one with an id of more than 200 characters"),
    ("push --host {long} {file} {url}", "host 'hhh"),
    ("push --version \x1b {file} {url}", "version '\\x1b': expected 1 to 200 printable characters"),
    ("report --store {folder}/none.db", "store {folder}/none.db: there is no such file"),
    ("report --store {text}", "store {text}: file is not a database"),
    ("report --store {other}", "store {other}: there is nothing in it yet; see `lockdep push --help`"),
    ("report --store {url} {file}", "name files or --store URL, not both"),
    ("report --host web-1 {file}", "--project, --since, --version and --host choose from a store"),
    ("report --store {url} --project none", "store {path}: it has no project 'none'"),
    ("report --store {url} --host none", "store {path}: it has nothing of host none: there are the versions 1 and"),
    ("report --store {url} --since 2126-01-01", "store {path}: it has nothing since 2126-01-01T00:00:00Z: there"),
    ("report --store {url} --since yesterday", "argument --since: invalid moment value: 'yesterday'"),
    ("baseline --store {folder}/none.db", "store {folder}/none.db: there is no such file"),
    ("store prune {folder}/none.db --keep-days 7", "store {folder}/none.db: there is no such file"),
    ("store prune {url} --keep-days 0", "argument --keep-days: invalid days value: '0'"),
    ("store prune {url}", "prune needs --keep-days N, and compact takes none"),
    ("store compact {url} --keep-days 7", "prune needs --keep-days N, and compact takes none"),
    ("store compact {folder}/none.db", "store {folder}/none.db: there is no such file"),
    ("store empty {url} --keep-days 7", "argument action: invalid choice: 'empty'"),
    ("run --version 1 {text}", "--project, --version and --host say how a run is stored"),
    ("run --store mysql://root@localhost/fleet {text}", "store: 'mysql' is no kind of store"),
    ("run --store {url} --host {long} {text}", "host 'hhh"),
]  # fmt: skip


@pytest.fixture
def places(url, push, tmp_path):
    """Return what stands in braces in MISTAKES."""
    push(url, seen("1", "AB"))
    seen("2", "BA").save(tmp_path / "file.json")
    seen("2" * 201, "BA").save(tmp_path / "empty.json")
    (tmp_path / "text.py").write_text("raise SystemExit(5)\n" * 100)
    (tmp_path / "other.db").touch()
    paths = {name: tmp_path / name for name in ("file.json", "empty.json", "text.py", "other.db")}
    return {
        "url": url, "path": tmp_path / "fleet.db", "folder": tmp_path, "long": "h" * 201,
        **{name.partition(".")[0]: path for name, path in paths.items()},
    }  # fmt: skip


@only_sqlite
@pytest.mark.parametrize(("command", "message"), MISTAKES, ids=[command for command, _ in MISTAKES])
def test_a_mistake_is_one_line(command, message, places, lockdep, url):
    before = sorted(places["folder"].iterdir())

    told, error, status = lockdep(*(word.format_map(places) for word in command.split(" ")))

    assert (told, status, error.count("\n")) == ("", 2, 1), error
    assert error.startswith("lockdep: error: " + message.format_map(places))
    assert "secret" not in error
    assert parts(url) == 1
    assert sorted(places["folder"].iterdir()) == before


@only_sqlite
def test_several_projects_are_not_merged_unless_one_is_named(url, push, lockdep):
    push(url, seen("1", "AB"), project="shop")
    push(url, seen("2", "AB"), project="mail")

    assert lockdep("report", "--store", url)[1:] == (
        f"lockdep: error: store {url[10:]}: it has several projects, name one with --project: mail, shop\n",
        2,
    )
    assert lockdep("report", "--store", url, "--project", "mail") == ("", "", 0)


@only_sqlite
@pytest.mark.parametrize("command", ["push {file} {url}", "report --store {url}", "run --store {url} {text}"])
def test_without_sqlalchemy_one_line_says_what_to_install(command, places, lockdep, monkeypatch):
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)

    told = lockdep(*(word.format_map(places) for word in command.split(" ")))

    assert told == ("", "lockdep: error: a store needs SQLAlchemy: pip install lockdep[store]\n", 2)


@only_sqlite
def test_without_psycopg_one_line_says_what_to_install(places, lockdep, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)

    _, error, status = lockdep("push", places["file"], "postgresql://localhost/fleet")

    assert error == "lockdep: error: a store of PostgreSQL needs psycopg: pip install lockdep[postgresql]\n"
    assert status == 2


@only_sqlite
def test_an_old_sqlalchemy_is_refused_in_one_line(places, lockdep, monkeypatch):
    monkeypatch.setattr("sqlalchemy.__version__", "1.4.54")

    _, error, status = lockdep("push", places["file"], places["url"])

    assert error == "lockdep: error: a store needs SQLAlchemy 2 or newer, and 1.4.54 is installed\n"
    assert status == 2


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("postgresql://me:secret@db.example/fleet", "postgresql://me:***@db.example/fleet"),
        ("postgresql://me:se@cret@db.example/fleet", "postgresql://me:***@db.example/fleet"),
        ("postgresql+psycopg://me@db.example/fleet", "postgresql://me@db.example/fleet"),
        ("postgresql://db.example/fleet?user=me&password=secret", "postgresql://db.example/fleet?user=me&password=***"),
        ("sqlite:////srv/fleet.db", "/srv/fleet.db"),
        ("/srv/fleet.db", "/srv/fleet.db"),
    ],
)
def test_an_address_is_shown_without_its_password(given, shown):
    assert str(Address.parse(given)) == shown


def test_a_path_is_that_of_the_folder_in_which_it_was_given(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert Address.parse("fleet.db") == Address.parse("sqlite:///fleet.db") == Address(None, str(tmp_path / "fleet.db"))


def test_a_path_with_a_zero_character_is_refused():
    with pytest.raises(StoreError):
        Address.parse("fleet\0.db")
