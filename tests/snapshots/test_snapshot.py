"""Snapshots: taking them while a program runs, saving, loading, and the messages for files that are no snapshots."""

import json
import os
import resource
import subprocess
import sys
import threading
from importlib.resources import files

import jsonschema
import pytest
from hypothesis import given, settings

import lockdep
from lockdep.contexts.simulated import hardirq_enter, hardirq_exit
from lockdep.live import taking
from lockdep.snapshots.snapshot import Snapshot
from tests.patience import PROGRAM_LIMIT
from tests.snapshots.snapshot_makers import seen, snapshots
from tests.sourcetree import ROOT
from tests.worlds import Lock, RLock, five, in_thread, nest, world

SCHEMA = json.loads(files("lockdep").joinpath("schema.json").read_text())
CHECK = jsonschema.Draft202012Validator(SCHEMA)


@pytest.fixture
def inversion():
    """A snapshot of a world in which two locks were taken in both orders."""
    a, b, c, _, _ = five()
    with world() as validator:
        nest(a, b, c)
        in_thread(lambda: nest(b, a))
        yield taking.take(validator)


# The content of a snapshot


def short(name):
    """Return the variable that a class is named after, without the number that other classes on that line cause."""
    return name.split()[-1].partition("#")[0]


def test_a_snapshot_has_classes_dependencies_chains_and_findings(inversion):
    names = {short(record.name) for record in inversion.classes if record.name.startswith("tests/worlds.py:")}
    dependencies = [(short(one.prev), short(one.next)) for one in inversion.dependencies]
    chains = [[short(name) for name, _ in chain.locks] for chain in inversion.chains]
    assert names >= {"a", "b", "c", "d", "e"}  # other tests have classes there, too
    assert dependencies == [("a", "b"), ("b", "a"), ("b", "c")]
    assert sorted(chain for chain in chains if len(chain) != 1 and chain != ["a", "b"]) == [["a", "b", "c"], ["b", "a"]]
    assert [finding.slug for finding in inversion.findings] == ["circular"]
    assert str(inversion.findings[0]) == str(lockdep.findings()[0])


def test_a_dependency_has_both_stacks_and_the_thread(inversion):
    (kind,) = inversion.dependencies[0].kinds
    (witness,) = kind.witnesses
    assert (kind.kind, kind.count, witness.thread) == ("EN", 1, threading.current_thread().name)
    for stack in (witness.held, witness.wanted):
        assert (stack[1].function, stack[1].source) == ("nest", "stack.enter_context(lock)")


def test_a_class_has_its_usage_and_wait_types(inversion):
    record = next(record for record in inversion.classes if record.name == inversion.dependencies[0].prev)
    assert record.text == f"({record.name}){{+.+.}}-{{4:4}}"


def test_a_chain_names_the_interrupt_handler_it_was_taken_in():
    lock = Lock("in an interrupt")
    with world() as validator:
        hardirq_enter()
        try:
            with lock:
                pass
        finally:
            hardirq_exit()
        chains = taking.take(validator).chains
    assert [(chain.context, chain.locks) for chain in chains] == [("hardirq", (("in an interrupt", ""),))]


def test_a_chain_says_how_a_lock_was_taken():
    outer, inner = Lock("outer of a try"), RLock("inner of a try")
    with world() as validator:
        with outer:
            inner.acquire(blocking=False)
            inner.release()
        chains = taking.take(validator).chains
    assert (("outer of a try", ""), ("inner of a try", "try")) in [chain.locks for chain in chains]


def test_a_snapshot_does_not_contain_the_command_line(tmp_path):
    script = tmp_path / "secret.py"
    script.write_text("import lockdep; lockdep.install(); print(lockdep.snapshot().dumps())")
    done = subprocess.run(
        [sys.executable, script, "--password=hunter2"], capture_output=True, text=True, timeout=PROGRAM_LIMIT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert "secret.py" in done.stdout
    assert "hunter2" not in done.stdout


def test_a_snapshot_is_consistent_while_threads_add_to_the_graph():
    """Other threads add classes and dependencies all the time. Taking a snapshot raises nothing, and it is complete."""
    stop = threading.Event()

    def learn(number):
        count = 0
        while not stop.is_set():
            count += 1
            nest(*(Lock(f"{number} {count % 20} {n}") for n in range(3)))

    with world() as validator:
        threads = [threading.Thread(target=learn, args=(number,)) for number in range(3)]
        for thread in threads:
            thread.start()
        try:
            taken = [taking.take(validator) for _ in range(5)]
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        whole = taking.take(validator)
    for one in taken:
        names = {record.name for record in one.classes}
        assert all({dependency.prev, dependency.next} <= names for dependency in one.dependencies)
        assert {(d.prev, d.next) for d in one.dependencies} <= {(d.prev, d.next) for d in whole.dependencies}
        assert Snapshot.parse(one.dumps(), "text") == one
    assert validator.failures == 0


def test_the_snapshot_of_an_unused_validator_is_empty():
    with world() as validator:
        taken = taking.take(validator)
    assert (taken.dependencies, taken.chains, taken.findings, taken.stats) == ((), (), (), ())


# Files


@given(snapshots())
@pytest.mark.once
def test_a_snapshot_is_equal_after_saving_and_loading(snapshot):
    text = snapshot.dumps()
    assert Snapshot.parse(text, "text") == snapshot
    CHECK.validate(json.loads(text))


def test_the_snapshot_of_a_program_follows_the_schema(inversion, tmp_path):
    inversion.save(tmp_path / "s.json")
    document = json.loads((tmp_path / "s.json").read_text())
    CHECK.validate(document)
    assert document == json.loads(json.dumps(inversion.to_dict()))
    assert Snapshot.load(tmp_path / "s.json") == inversion


def test_the_schema_is_valid_and_refuses_wrong_rows():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    for section in ("classes", "dependencies", "findings"):
        document = seen("r", "AB").to_dict() | {section: [{"name": 1}]}
        assert not CHECK.is_valid(document)


def test_each_row_is_on_a_line_of_its_own():
    lines = seen("r", "AB", "BC").dumps().splitlines()
    assert sum(line.startswith('{"prev"') for line in lines) == 2


@pytest.fixture
def deep():
    """A snapshot of a world in which 120 locks were nested, and most of them in another way as well."""
    with world() as validator:
        locks = [Lock(f"{index:03}") for index in range(120)]
        nest(*locks)
        nest(*locks[:60], *locks[61:])
        return taking.take(validator)


def test_each_nested_lock_makes_one_chain(deep):
    names = [tuple(name for name, _ in chain.locks) for chain in deep.chains if chain.locks[0][0] == "000"]
    locks = [f"{index:03}" for index in range(120)]
    other = [*locks[:60], *locks[61:]]
    assert sorted(names) == sorted({tuple(row[:count]) for row in (locks, other) for count in range(1, len(row) + 1)})


def test_deep_chains_take_rows_of_one_size(deep):
    rows = json.loads(deep.dumps())["chains"]
    assert max(len(row["locks"]) for row in rows) == 16
    assert Snapshot.parse(deep.dumps(), "text") == deep
    assert deep.merge(deep).chains == deep.chains
    CHECK.validate(json.loads(deep.dumps()))


def change(**changes):
    """Return the text of a snapshot file with these tables or fields replaced."""
    return json.dumps(seen("r", "AB").to_dict() | changes)


TEXT = seen("r", "AB").dumps()
WRONG = {
    "": "not a snapshot: the file is empty",
    TEXT[:-200]: "not a snapshot: the file is cut off, or no JSON",
    TEXT[:40]: "not a snapshot: the file is cut off, or no JSON",
    TEXT[: TEXT.rindex("}", 0, -2) + 1]: "not a snapshot: the file is cut off, or no JSON",
    "\x7fELF": "not a snapshot: the file is cut off, or no JSON",
    "{'a': 1}": "not a snapshot: no JSON (Expecting property name",
    "[1]": "not a snapshot: it does not say that its format is 'lockdep snapshot'",
    "{}": "not a snapshot: it does not say that its format is 'lockdep snapshot'",
    '{"a":' * 100_000 + "1" + "}" * 100_000: "not a snapshot: it is nested too deeply",
    '{"a": ' + "1" * 5000 + "}": "not a snapshot: no JSON (Exceeds the limit",
    change(version=4, lockdep="9.0"): "version 4 of the format, written by lockdep 9.0; lockdep 0.1.0 reads version 3",
    change(version="1"): "version '1' of the format",
    change(classes=None): "broken: classes is missing, or no list",
    change(classes=[]): "broken: dependencies[0]: 'app.py:1 A' is no class of this file",
    change(classes=[3]): "broken: classes[0]: 'int' object is not subscriptable",
    change(classes=[{}]): "broken: classes[0]: 'bits' is missing",
    change(runs=[]): "broken: dependencies[0]: there is no number 0 in a table of 0",
    change(stacks=[[-1]]): "broken: stacks[0]: number is -1, not a count",
    change(stacks=[[True]]): "broken: stacks[0]: number is True, not a count",
    change(frames=[["a", 1, "b"]]): "broken: frames[0]: not enough values to unpack",
    change(frames=[["a", "1", "b", "c"]] * 9): "broken: frames[0]: line is '1', not a count",
    change(stats=[{"name": 1}]): "broken: stats[0]: 'acquisitions' is missing",
    change(findings=[{}]): "broken: findings[0]: 'dependencies' is missing",
    change(chains=[{"locks": [["nobody", ""]], "context": ""}]): "broken: chains[0]: 'nobody' is no class of this file",
    change(
        chains=[{"after": 0, "locks": [], "context": ""}]
    ): "broken: chains[0]: there is no number 0 in a table of 0",
    TEXT.replace('"EN"', '"XX"'): "broken: dependencies[0]: 'XX' is no kind of dependency",
    TEXT.replace('"count":1', '"count":NaN', 1): "not a snapshot: no JSON (NaN is no number in JSON)",
}


@pytest.mark.parametrize("text", WRONG, ids=lambda text: WRONG[text][:60])
def test_a_file_that_is_no_snapshot_is_refused_in_one_line(text, tmp_path):
    path = tmp_path / "wrong.json"
    path.write_text(text)
    with pytest.raises(lockdep.SnapshotError) as refused:
        lockdep.Snapshot.load(path)
    assert str(refused.value).startswith(f"{path}: {WRONG[text]}")
    assert "\n" not in str(refused.value)


@settings(max_examples=30)
@given(snapshots())
@pytest.mark.once
def test_a_file_that_is_cut_off_is_refused(snapshot):
    text = snapshot.dumps()
    for end in range(0, len(text) - 2, max(1, len(text) // 50)):
        with pytest.raises(lockdep.SnapshotError):
            Snapshot.parse(text[:end], "cut")


def test_a_file_that_is_not_utf_8_is_refused(tmp_path):
    path = tmp_path / "wrong.json"
    path.write_bytes(b'{"\xff\xfe\x00}')
    with pytest.raises(lockdep.SnapshotError, match="not a snapshot: no JSON"):
        lockdep.Snapshot.load(path)


def test_loading_a_missing_file_raises_file_not_found(tmp_path):
    with pytest.raises(FileNotFoundError):
        lockdep.Snapshot.load(tmp_path / "nowhere.json")


def test_an_old_file_is_unchanged_if_saving_fails(tmp_path):
    """A limit on the file size stands for a full disk. The error names the file, and no temporary file is left."""
    path = tmp_path / "s.json"
    path.write_text("old")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    script = f"""
import resource, signal, sys
from tests.snapshots.snapshot_makers import seen
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
snapshot = seen("r", "AB", "BC")
resource.setrlimit(resource.RLIMIT_FSIZE, (100, {limits[1]}))
try:
    snapshot.save({str(path)!r})
except OSError as error:
    print(type(error).__name__, error)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=PROGRAM_LIMIT
    )
    assert done.stdout == f"OSError [Errno 27] File too large: {str(path)!r}\n", done.stderr
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["s.json"]


def test_saving_to_an_impossible_path_raises_an_os_error(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError, match=r"file/s\.json"):
        seen("r", "AB").save(tmp_path / "file" / "s.json")
    with pytest.raises(FileNotFoundError, match=r"nowhere/s\.json"):
        seen("r", "AB").save(tmp_path / "nowhere" / "s.json")
    with pytest.raises(IsADirectoryError):
        seen("r", "AB").save(tmp_path)


def test_saving_keeps_the_mode_and_the_symbolic_link(tmp_path):
    (tmp_path / "real.json").write_text("old")
    (tmp_path / "real.json").chmod(0o640)
    (tmp_path / "link.json").symlink_to("real.json")
    seen("r", "AB").save(tmp_path / "link.json")
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "real.json").stat().st_mode & 0o777 == 0o640
    assert Snapshot.load(tmp_path / "real.json") == seen("r", "AB")


def test_saving_to_a_pipe_writes_to_it():
    done = subprocess.run(
        [sys.executable, "-c", "from tests.snapshots.snapshot_makers import seen; seen('r', 'AB').save('/dev/stdout')"],
        cwd=ROOT, capture_output=True, text=True, timeout=PROGRAM_LIMIT,
    )  # fmt: skip
    assert done.stdout == seen("r", "AB").dumps()


def test_a_new_file_gets_the_mode_that_the_umask_leaves(tmp_path):
    before = os.umask(0o027)
    try:
        seen("r", "AB").save(tmp_path / "s.json")
    finally:
        os.umask(before)
    assert (tmp_path / "s.json").stat().st_mode & 0o777 == 0o640


def test_networkx_has_the_same_classes_and_dependencies(inversion):
    graph = inversion.to_networkx()
    assert set(graph.nodes) == {record.name for record in inversion.classes}
    assert set(graph.edges) == {(one.prev, one.next) for one in inversion.dependencies}
    edge = inversion.dependencies[0]
    assert graph.edges[edge.prev, edge.next] == {"kinds": "EN", "count": 1}
