"""A process that answers others (`lockdep run --listen`), and the commands that ask it (stat and top)."""

import contextlib
import os
import pty
import re
import signal
import socket
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from lockdep.live import listen
from lockdep.live.listen import NotListening
from lockdep.reports.lock_times import WIDTH
from tests.patience import PROGRAM_LIMIT, THREAD_LIMIT
from tests.sourcetree import ROOT

PROGRAM = """
import os, sys, threading
busy = threading.Lock()
quiet = threading.Lock()
def take(began):
    began.append(os.times().elapsed)
    with busy: pass
def contend():
    began = []
    with busy:
        thread = threading.Thread(target=take, args=[began])
        thread.start()
        while not began or os.times().elapsed < began[0] + 0.1: thread.join(0.01)
    thread.join()
contend()
print("ready", flush=True)
for line in sys.stdin:
    if line.strip() == "fork" and not os.fork():
        sys.stdin.read()
        os._exit(0)
    contend()
    print("done", flush=True)
"""
ROW = re.compile(r"^ *prog\.py:3 busy: +(\d+) +(\d+) ", re.MULTILINE)


class Running:
    """The program and its output."""

    def __init__(self, process):
        self.process = process
        self.said = [process.stderr.readline(), process.stdout.readline()]
        self.pid, self.path = re.fullmatch(r"lockdep: process (\d+) listens at (.*)\n", self.said[0]).groups()

    def go(self, line="go"):
        print(line, file=self.process.stdin, flush=True)
        assert self.process.stdout.readline() == "done\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "prog.py").write_text(PROGRAM)
    (tmp_path / "run").mkdir()
    return tmp_path


def env(folder, **more):
    kept = {name: value for name, value in os.environ.items() if name not in ("LOCKDEP_OPTIONS", "NO_COLOR")}
    return {**kept, "PYTHONPATH": str(ROOT), "XDG_RUNTIME_DIR": str(folder / "run"), "TERM": "xterm", **more}


@contextlib.contextmanager
def running(folder, *options):
    command = [sys.executable, "-m", "lockdep", "run", "--listen", *options, "prog.py"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=folder, env=env(folder), text=True, **pipes) as process:
        try:
            yield Running(process)
        finally:
            process.kill()


def lockdep(folder, *arguments, **more):
    command = [sys.executable, "-m", "lockdep", *arguments]
    done = subprocess.run(
        command, cwd=folder, env=env(folder, **more), capture_output=True, text=True, timeout=PROGRAM_LIMIT
    )
    return done.stdout, done.stderr, done.returncode


def contentions(table):
    """Return how often threads waited for the busy lock, according to the table."""
    found = ROW.search(table)
    return None if found is None else int(found[2])


def test_stat_reads_a_live_process(folder):
    with running(folder, "--stat") as program:
        first, said, status = lockdep(folder, "stat", "--wide", program.pid)
        program.go()
        second, _, _ = lockdep(folder, "stat", "--wide", program.pid, "--sort", "wait", "--top", "1")
    assert (said, status) == ("", 0)
    assert (contentions(first), contentions(second)) == (1, 2)
    assert "prog.py:7 in take" in first
    assert "prog.py:10 in contend" in first


def test_stat_starts_stops_and_clears(folder):
    with running(folder) as program:
        wait_total = [wait_of(lockdep(folder, "stat", "--wide", program.pid)[0])]
        for switch in ("--start", "--stop", "--clear"):
            assert lockdep(folder, "stat", "--wide", program.pid, switch) == ("", "", 0)
            wait_total.append(wait_of(lockdep(folder, "stat", "--wide", program.pid)[0]))
            if switch != "--clear":
                program.go()
        program.go()
        table = lockdep(folder, "stat", "--wide", program.pid)[0]
    assert wait_total[0] == wait_total[1] == 0
    assert wait_total[2] > 50_000  # microseconds
    assert wait_total[3] is None  # nothing was counted since
    assert contentions(table) == 1


def wait_of(table):
    """Return how many microseconds threads waited for the busy lock, according to the table."""
    rows = [line.split() for line in table.splitlines() if "busy: " in line]
    return float(rows[0][6]) if rows else None


def test_top_in_a_pipe_is_plain(folder):
    with running(folder, "--stat") as program:
        shown, said, status = lockdep(folder, "top", program.pid, "--count", "2", "--interval", "0.05")
    first, second, _ = shown.split("\n\n")
    assert (said, status) == ("", 0)
    assert first.splitlines()[0].split()[:3] == ["lock", "taken", "waits"]
    assert ["prog.py:3", "busy", "2", "1"] in [line.split()[:4] for line in first.splitlines()]
    assert max(map(len, shown.splitlines())) <= WIDTH
    assert "busy" not in second  # nothing happened since the first look


HUNG = """
import sys, threading, time
held = threading.Lock()
free = threading.Lock()
def hog():
    with free, held:
        started.set()
        time.sleep(1000)
def waiter():
    with held: pass
started = threading.Event()
for work in (hog, waiter, waiter):
    threading.Thread(target=work, name=work.__name__, daemon=True).start()
    started.wait()
import lockdep
while sum(thread.waits is not None for thread in lockdep.waiting().threads) < 2: time.sleep(0.01)
print("ready", flush=True)
sys.stdin.read()
"""


def test_waits_and_holds_that_have_not_ended_are_shown(folder):
    (folder / "prog.py").write_text(HUNG)
    with running(folder) as program:
        table, said, status = lockdep(folder, "stat", "--wide", program.pid)
        looks, _, _ = lockdep(folder, "top", program.pid, "--count", "2", "--interval", "0.05")
    assert (said, status) == ("", 0)
    lines = [" ".join(line.split()) for line in table.splitlines()]
    holder = "1 still held: hog at prog.py:8 hog, taken at prog.py:6 hog"
    assert "prog.py:3 held 2 still waiting: prog.py:10 waiter" in lines, table
    assert f"prog.py:3 held {holder}" in lines
    assert f"prog.py:4 free {holder}" in lines
    assert float(next(line for line in lines if line.startswith("prog.py:3 held:")).split()[6]) > 0  # waittime-total
    second = looks.split("\n\n")[1]
    assert "prog.py:3 held" in second
    now = [" ".join(line.split()) for line in second.splitlines()]
    assert "waiting now 2 prog.py:10 waiter" in now, second
    assert "held now 1 hog at prog.py:8 hog, taken at prog.py:6 hog" in now, second
    assert "prog.py:4 free" not in second  # nobody waits for it


def test_top_on_a_terminal_refreshes_and_ends_with_the_process(folder):
    ours, theirs = pty.openpty()
    with running(folder, "--stat") as program:
        command = [sys.executable, "-m", "lockdep", "top", program.pid, "--interval", "0.05"]
        viewer = subprocess.Popen(command, env=env(folder, COLUMNS="150"), stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(theirs)
        shown = b""
        while b"busy" not in shown:
            shown += os.read(ours, 4096)
    shown += rest(ours)
    assert viewer.wait(PROGRAM_LIMIT) == 0
    for begun, undone in ((b"\x1b[?1049h", b"\x1b[?1049l"), (b"\x1b[?25l", b"\x1b[?25h")):  # the screen, the cursor
        assert 0 <= shown.find(begun) < shown.rfind(undone)


def rest(terminal):
    """Return what the program at the other end of a terminal shows from now to its end."""
    shown = b""
    with contextlib.suppress(OSError):  # that is how the end is told
        while piece := os.read(terminal, 4096):
            shown += piece
    os.close(terminal)
    return shown


def test_ctrl_c_ends_top_quietly(folder):
    with running(folder, "--stat") as program:
        command = [sys.executable, "-m", "lockdep", "top", program.pid, "--interval", "30"]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        with subprocess.Popen(command, env=env(folder), text=True, **pipes) as viewer:
            while "busy" not in viewer.stdout.readline():
                pass
            viewer.send_signal(signal.SIGINT)
            assert viewer.communicate(timeout=PROGRAM_LIMIT)[1] == ""
            assert viewer.returncode == 0


def test_the_socket_is_private_and_removed_when_the_process_ends(folder):
    with running(folder) as program:
        path = Path(program.path)
        modes = [stat.S_IMODE(one.stat().st_mode) for one in (path, path.parent)]
        program.process.stdin.close()
        assert program.process.wait(PROGRAM_LIMIT) == 0
    assert modes == [0o600, 0o700]
    assert not path.exists()


def test_a_child_that_is_not_recorded_does_not_answer_and_leaves_the_socket_alone(folder):
    with running(folder, "--stat", "--no-children") as program:
        program.go("fork")
        assert contentions(lockdep(folder, "stat", "--wide", program.pid)[0]) == 2
        assert os.listdir(Path(program.path).parent) == [f"{program.pid}.sock"]


@pytest.mark.parametrize("command", ["stat", "top"])
def test_a_process_that_does_not_listen_is_one_line(folder, command):
    shown, said, status = lockdep(folder, command, str(os.getpid()))
    assert (shown, status) == ("", 2)
    assert said.count("\n") == 1
    assert f"process {os.getpid()} does not answer at " in said
    assert "lockdep run --listen" in said


def test_a_switch_is_for_processes_only(folder):
    shown, said, status = lockdep(folder, "stat", "some.json", "--clear")
    assert (shown, said, status) == (
        "", "lockdep: error: --clear is for a process that listens, not for some.json\n", 2
    )  # fmt: skip


def test_a_folder_that_others_can_enter_is_refused_and_the_program_runs(folder):
    (folder / "run" / f"lockdep-{os.getuid()}").mkdir(mode=0o777)
    (folder / "run" / f"lockdep-{os.getuid()}").chmod(0o777)
    shown, said, status = lockdep(folder, "run", "--listen", "-c", "print('runs')")
    assert (shown, status) == ("runs\n", 0)
    assert re.match(r"lockdep: error: cannot listen: \S+ is open to others\n", said)


def test_a_socket_that_a_killed_process_left_is_replaced(tmp_path):
    path = str(tmp_path / "left.sock")
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(path)
    listen.remove_stale(path)
    assert not os.path.exists(path)
    with socket.socket(socket.AF_UNIX) as alive:
        alive.bind(path)
        alive.listen()
        listen.remove_stale(path)
        assert os.path.exists(path)
    listen.remove_stale(str(tmp_path / "none.sock"))


def test_empty_and_unknown_commands_do_no_harm(folder):
    with running(folder, "--stat") as program:
        for text in (b"", b"\xff\xfe\n", b"nonsense\n"):
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(program.path)
                client.sendall(text)
                client.shutdown(socket.SHUT_WR)
                assert not client.recv(100).startswith(b"{")
        assert contentions(lockdep(folder, "stat", "--wide", program.pid)[0]) == 1


def test_a_silent_client_keeps_nobody_waiting(folder):
    with running(folder, "--stat") as program, socket.socket(socket.AF_UNIX) as silent:
        silent.settimeout(0)
        silent.connect(program.path)
        assert contentions(lockdep(folder, "stat", "--wide", program.pid)[0]) == 1
        with pytest.raises(BlockingIOError):  # it has not been dropped meanwhile
            silent.recv(1)


@contextlib.contextmanager
def answering(tmp_path, monkeypatch, serve):
    """Make `ask(1, ...)` reach a server that is not ours; `serve(connection)` answers one client."""
    path = str(tmp_path / "1.sock")
    monkeypatch.setattr(listen, "default_path", lambda _pid: path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()

        def accept():
            client, _ = server.accept()
            with client, contextlib.suppress(OSError):
                serve(client)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield path
        thread.join(THREAD_LIMIT)


def endless(client):
    while True:
        client.sendall(b"x" * 4096)


@pytest.mark.parametrize("limit", ["ANSWER_SECONDS", "_MOST_ANSWER"])
def test_an_answer_that_does_not_end_is_refused(tmp_path, monkeypatch, limit):
    monkeypatch.setattr(listen, limit, 0.2 if limit == "ANSWER_SECONDS" else 1 << 20)
    with answering(tmp_path, monkeypatch, endless), pytest.raises(NotListening, match="the answer does not end"):
        listen.ask(1, "snapshot")


def test_an_answer_that_ends_is_taken(tmp_path, monkeypatch):
    with answering(tmp_path, monkeypatch, lambda client: client.recv(64) and client.sendall(b"all")):
        assert listen.ask(1, "snapshot") == "all"


def test_a_link_in_the_place_of_the_socket_is_refused(tmp_path, monkeypatch):
    with answering(tmp_path, monkeypatch, lambda _client: None) as path:
        os.rename(path, path + "x")
        os.symlink(path + "x", path)
        with pytest.raises(NotListening, match="no socket of this user"):
            listen.ask(1, "snapshot")
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(path)  # ends the server


def test_asking_a_process_that_does_not_listen_raises_oserror():
    with pytest.raises(NotListening, match="process 1 does not answer"):
        listen.ask(1, "snapshot")
