"""Makes snapshots for tests: small ones from a short notation, and random ones for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

from lockdep.snapshots.lock_statistics import ClassStatistics, Durations
from lockdep.snapshots.records import (
    BITS,
    MOST_WITNESSES,
    ChainRecord,
    ClassRecord,
    DependencyRecord,
    FindingRecord,
    Frame,
    KindRecord,
    ProcessRecord,
    WitnessRecord,
)
from lockdep.snapshots.snapshot import Snapshot
from lockdep.splats.document import (
    DEADLOCK,
    Brief,
    ClassName,
    Document,
    Header,
    Letter,
    Line,
    Place,
    Scenario,
    Side,
    Stack,
    Verdict,
)

NAMES = [f"app.py:{line} {name}" for line, name in enumerate("ABCDE", 1)]
GRADES = {"potential": "error", "certain": "error", "unmatched": "warning", "stall": "warning"}


def run_called(name: str, **options: object) -> ProcessRecord:
    given = tuple(options.items())
    return ProcessRecord(name, name, "2026-01-01T00:00:00Z", "CPython 3.11.7", "Linux", "pure", "0.1.0", 1, given)


def seen(run: str, *orders: str, kind: str = "EN", **options: object) -> Snapshot:
    """Return the snapshot of one run. `seen("a", "AB", "BC")` has the dependencies A -> B and B -> C.

    An order may give the kind of its dependency: "AB:SR".
    """
    dependencies = []
    for order in sorted(orders):
        pair, _, own = order.partition(":")
        prev, next_ = (f"app.py:{ord(letter) - 64} {letter}" for letter in pair)
        witness = WitnessRecord(stack(prev), stack(next_), f"thread of {run}", "", run)
        record = KindRecord(own or kind, frozenset((run,)), 1, (witness,))
        dependencies.append(DependencyRecord(prev, next_, (record,)))
    names = sorted({name for one in dependencies for name in (one.prev, one.next)})
    bits = ("HARDIRQ-ON-W", "SOFTIRQ-ON-W", "INITIAL USE")
    classes = tuple(ClassRecord(name, "Lock", bits, 4, 4, 7) for name in names)
    return Snapshot((run_called(run, **options),), classes, tuple(dependencies))


def stack(name: str) -> tuple[Frame, ...]:
    return (Frame("app.py", 10, f"takes_{name[-1]}", f"with {name[-1]}:"), Frame("app.py", 1, "<module>", "main()"))


bits = st.sampled_from([tuple(BITS)[:1], tuple(BITS)[1:3], tuple(BITS)[-2:]])
names = st.sampled_from(NAMES)
counts = st.integers(0, 1 << 62)
words = st.text(max_size=5)
frames = st.builds(
    Frame, st.sampled_from(["a.py", "b.py", "\u00e9\udc80.py"]), st.integers(0, 3), words, words, st.booleans()
)
stacks = st.lists(frames, max_size=3).map(tuple)
tables = st.dictionaries(words, counts, max_size=3).map(lambda table: tuple(sorted(table.items())))
histograms = st.dictionaries(counts, counts, max_size=3).map(lambda table: tuple(sorted(table.items())))
times = st.none() | st.builds(Durations, st.integers(1, 9), counts, counts, counts, histograms)

parts = words | st.builds(ClassName, names, words) | st.builds(Place, frames)
steps = st.lists(words, min_size=1, max_size=3).map(lambda texts: tuple(enumerate(texts)))
lines = st.builds(Line, st.lists(parts, max_size=3).map(tuple), st.booleans())
letters = st.builds(Letter, words, st.builds(ClassName, names, words), words)
sides = st.builds(Side, words, st.lists(st.tuples(frames, words), max_size=3).map(tuple))
scenes = st.none() | st.builds(Scenario, steps, st.sampled_from([(), ("one", "two", "three")]))
briefs = st.builds(
    Brief, st.lists(letters, max_size=2).map(tuple), st.lists(sides, max_size=2).map(tuple), scenes,
    st.just(Verdict(DEADLOCK)), words,
)  # fmt: skip
blocks = lines | st.builds(Stack, stacks) | st.builds(Scenario, steps) | st.sampled_from([Verdict(DEADLOCK)])


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    """Make any snapshot of one run that `take` could make: sorted, and with every class that it refers to."""
    run = draw(st.sampled_from(["r1", "r2", "r3"]))
    chosen = draw(st.lists(st.tuples(names, names), max_size=6, unique=True))
    dependencies = tuple(DependencyRecord(*pair, draw(kinds(run))) for pair in sorted(chosen))
    classes = tuple(draw(classes_called(name)) for name in NAMES)
    locks = st.lists(st.tuples(names, st.sampled_from(["", "read"])), min_size=1, max_size=3).map(tuple)
    chains = draw(st.lists(st.builds(ChainRecord, locks, st.sampled_from(["", "hardirq"])), max_size=3, unique=True))
    found = draw(st.lists(findings(), max_size=3, unique_by=lambda one: (one.id, one.title)))
    counted = draw(st.lists(stats(), max_size=3, unique_by=lambda stat: (stat.name, stat.read)))
    return Snapshot(
        (
            ProcessRecord(
                run, run, draw(words), "3.11", "Linux", "pure", "0.1.0", 1, (("strict", False),), draw(tables)
            ),
        ),
        classes,
        dependencies,
        tuple(sorted(chains)),
        tuple(sorted(found, key=lambda one: one.strength)),
        tuple(sorted(counted, key=lambda stat: (stat.name, stat.read))),
    )


def classes_called(name: str) -> st.SearchStrategy[ClassRecord]:
    kind, wait = st.sampled_from(["Lock", "RLock"]), st.integers(0, 5)
    return st.builds(ClassRecord, st.just(name), kind, bits, wait, wait, counts)


@st.composite
def kinds(draw: st.DrawFn, run: str) -> tuple[KindRecord, ...]:
    chosen = draw(st.lists(st.sampled_from(["EN", "ER", "SN", "SR timed"]), min_size=1, max_size=3, unique=True))
    return tuple(
        KindRecord.of(kind, frozenset((run,)), draw(counts), draw(witnesses(run)), False) for kind in sorted(chosen)
    )


def witnesses(run: str) -> st.SearchStrategy[list[WitnessRecord]]:
    one = st.builds(WitnessRecord, stacks, stacks, st.sampled_from(["T1", "T2"]), st.just(""), st.just(run), counts)
    return st.lists(one, max_size=MOST_WITNESSES + 1)


@st.composite
def findings(draw: st.DrawFn) -> FindingRecord:
    grade = draw(st.sampled_from(sorted(GRADES)))
    slug = draw(st.sampled_from(["recursive", "misuse"]))
    header = Header(slug, "title", "BUG: title", GRADES[grade], grade, "why", f"id-{slug}", "Python 3.11 Linux")
    document = Document(header, draw(st.lists(blocks, max_size=4).map(tuple)), draw(st.none() | briefs))
    return FindingRecord(document, (NAMES[0],), (), draw(st.integers(1, 9)), draw(st.booleans()))


@st.composite
def stats(draw: st.DrawFn) -> ClassStatistics:
    numbers = [draw(counts) for _ in range(5)]
    return ClassStatistics(
        draw(names), "Lock", draw(st.booleans()), *numbers, draw(times), draw(times), draw(tables), draw(tables),
        draw(tables),
    )  # fmt: skip
