"""Children of a run, and its first process, are killed at random moments. What is left in the run directory merges.

Each child makes a finding of its own every now and then. One that it made more than a second before it was killed is
in the merge; one that it made later is there, or the merge says that what this process saw last is lost.

A second is a hundred ticks: the child sleeps for a hundredth of a second and computes for a moment, each time. So on a
busy machine, where the thread that writes is slow, the second is longer.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.patience import PROGRAM_LIMIT
from tests.sourcetree import ROOT

CHILDREN, LONGEST = 6, 2.5  # of a round: how many, and how long they live at most (seconds)
HEAVY_CHILDREN, HEAVY_LONGEST, LOCKS = 2, 8.0, 900  # of rounds in which writing takes longer than a second
ROOT_DIES_EVERY, HEAVY_EVERY = 4, 3  # rounds
LOST = re.compile(r"lost: what ([\d, ]+) saw")

PROGRAM = """
import multiprocessing, os, random, sys, threading, time
LOCKS = int(sys.argv[3]) if len(sys.argv) > 3 else 0
TICKS, EVERY = 100, 37
FINDING = '''
import threading
a = threading.Lock()
b = threading.Lock()
with a:
    with b: pass
with b:
    with a: pass
'''
PAIR = "with locks[{}]:\\n with locks[{}]: pass\\n"
MANY = "".join(PAIR.format(at, at + more) for at in range(LOCKS - 10) for more in range(1, 10))
NOTHING = "import threading\\na = threading.Lock()\\nb = threading.Lock()\\nwith a:\\n  with b: pass\\n"
def say(*words):
    os.write(1, " ".join(map(str, (os.getpid(), *words, ""))).strip().encode() + b"\\n")
def work():
    if LOCKS:
        made = "".join(f"l{at} = threading.Lock()\\n" for at in range(LOCKS))
        scope = {"threading": threading}
        exec(compile(made, "many.py", "exec"), scope)
        exec(compile(MANY, "nested.py", "exec"), {"locks": [scope[f"l{at}"] for at in range(LOCKS)]})
    say("begins")
    tick, made, churned = 0, [], 0
    while True:
        if tick % EVERY == 0:
            name = f"found{tick}of{os.getpid()}.py"
            exec(compile(FINDING, name, "exec"), {})
            say("found", name)
            made.append((tick, time.monotonic(), name))
        if tick % 5 == 0:
            exec(compile(NOTHING, f"nothing{churned}.py", "exec"), {})
            churned += 1
        time.sleep(0.01)
        sum(range(20000))
        tick += 1
        while made and tick - made[0][0] > TICKS and time.monotonic() - made[0][1] > 1:
            say("old", made.pop(0)[2])
if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    children = [context.Process(target=work) for _ in range(int(sys.argv[2]))]
    for child in children: child.start()
    for child in children: child.join()
"""


@dataclass
class Seen:
    """What the children of a round have said: their numbers, and the findings that each has made and saw grow old."""

    begun: list[int] = field(default_factory=list)
    found: dict[str, int] = field(default_factory=dict)  # the file of a finding, and who made it
    old: list[str] = field(default_factory=list)

    def hear(self, line: str) -> None:
        pid, word, *names = line.split()
        if word == "begins":
            self.begun.append(int(pid))
        elif word == "found":
            self.found[names[0]] = int(pid)
        else:
            self.old.append(names[0])


class Round:
    """One run whose processes are killed."""

    def __init__(self, folder: Path, random: Random, number: int) -> None:
        self.folder = folder
        self.random = random
        self.heavy = number % HEAVY_EVERY == HEAVY_EVERY - 1
        self.children, self.longest = (HEAVY_CHILDREN, HEAVY_LONGEST) if self.heavy else (CHILDREN, LONGEST)
        self.root_dies = number % ROOT_DIES_EVERY == ROOT_DIES_EVERY - 1
        self.method = random.choice(("fork", "spawn"))
        self.seen = Seen()
        self.problems: list[str] = []

    def play(self) -> list[str]:
        """Run the program, kill its processes, merge what is left; return what went wrong."""
        (self.folder / "prog.py").write_text(PROGRAM)
        process = self.start("run", "--run-directory", "parts", "prog.py", self.method, *self.arguments())
        listener = threading.Thread(target=self.listen, args=(process,))
        listener.start()
        self.kill(process)
        listener.join()
        process.wait(PROGRAM_LIMIT)
        self.check_text("the run", (self.folder / "errors").read_text(errors="replace"))
        self.check(*self.combined())
        how = f"{self.method}{', heavy' if self.heavy else ''}{', first process killed' if self.root_dies else ''}"
        return [f"{how}: {one}" for one in self.problems]

    def arguments(self) -> tuple[str, str]:
        """Return how many children the program is to start, and how many locks each of them nests first."""
        return str(self.children), str(LOCKS if self.heavy else 0)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "LOCKDEP_OPTIONS": ""}
        command = [sys.executable, "-m", "lockdep", *arguments]
        with (self.folder / "errors").open("a") as errors:  # no pipe: nobody would read it
            return subprocess.Popen(
                command, cwd=self.folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=errors
            )

    def listen(self, process: subprocess.Popen[str]) -> None:
        """Hear what the children say until the last one has ended."""
        assert process.stdout is not None
        for line in process.stdout:
            self.seen.hear(line)

    def kill(self, process: subprocess.Popen[str]) -> None:
        """Kill each child at a moment of its own, and in some rounds the first process."""
        while len(self.seen.begun) < self.children and process.poll() is None:
            time.sleep(0.01)
        if len(self.seen.begun) < self.children:
            self.problems.append("the program has ended by itself")
        moments = sorted((self.random.uniform(0, self.longest), pid) for pid in self.seen.begun)
        if self.root_dies:
            moments = sorted([*moments, (self.random.uniform(0, self.longest), process.pid)])
        began = time.monotonic()
        for moment, pid in moments:
            time.sleep(max(0.0, began + moment - time.monotonic()))
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                self.problems.append(f"{pid} has ended by itself")

    def combined(self) -> tuple[str, list[str]]:
        """Merge what is left; return what `lockdep combine` says, and the classes of all findings."""
        (self.folder / "errors").unlink()
        process = self.start("combine", "parts", "--report", "json:found.json")
        process.communicate(timeout=PROGRAM_LIMIT)
        said = (self.folder / "errors").read_text(errors="replace")
        written = self.folder / "found.json"
        findings = json.loads(written.read_text()) if written.exists() else []
        nothing = process.returncode == 2 and "no process has written what it has seen" in said
        if process.returncode not in (0, 66) and not nothing:
            self.problems.append(f"combine has ended with {process.returncode}: {said}")
        return said, [name for finding in findings for name in finding["classes"]]

    def check(self, said: str, classes: list[str]) -> None:
        """Hold the merge against what the children have said."""
        self.check_text("combine", said)
        if "not readable" in said:
            self.problems.append(f"a part is broken: {said}")
        summary = said.splitlines()[-1] if said else ""
        merged = {name.partition(":")[0] for name in classes}
        lost = LOST.search(summary)
        unwritten = set(map(int, lost[1].split(","))) if lost else set()
        for name, pid in self.seen.found.items():
            if name not in merged and name in self.seen.old:
                self.problems.append(f"{name} was older than a second, and is lost")
            elif name not in merged and pid not in unwritten:
                self.problems.append(f"{name} is missing, and {pid} is not named: {summary}")

    def check_text(self, what: str, text: str) -> None:
        if "Traceback" in text or "failed" in text:
            self.problems.append(f"{what} says: {text}")


def run(seconds: float, seed: int) -> list[str]:
    """Kill the processes of one run after the other for `seconds`, and return what went wrong."""
    random, deadline = Random(seed), time.monotonic() + seconds
    problems: list[str] = []
    number = killed = found = old = 0
    while not problems and (not number or time.monotonic() < deadline):
        with tempfile.TemporaryDirectory(prefix="kills") as folder:
            made = Round(Path(folder), random, number)
            problems += made.play()
        number += 1
        killed += len(made.seen.begun) + made.root_dies
        found, old = found + len(made.seen.found), old + len(made.seen.old)
    print(f"kills, seed {seed}: {number} runs, {killed} processes killed, {found} findings, {old} older than a second")
    return problems
