"""CPU of a request to real servers under lockdep, beside the plain server. By hand: it takes packages and minutes.

    pip install --target packages gunicorn uvicorn celery flask
    python -m tests.bench.servers --packages packages [gunicorn|flask|uvicorn|celery] [--rounds 5] [--requests 4000]

Each round starts a plain server, one under `lockdep run`, and a second plain one, the control, in an order that turns.
Four clients with open connections send the requests; two workers answer. CPU is what all processes of the server have
used while they answered, without their start and end. Every request must be answered, and SIGTERM must end the server
as it ends the plain one. In the last round two requests take the locks in both orders, which must be found."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from statistics import median

from tests.bench.table import Row, render_heading, render_rows
from tests.sourcetree import ROOT

CLIENTS = 4
LIMIT = 200  # seconds for one step
TICKS = os.sysconf("SC_CLK_TCK")

WORK = """
import json, threading
accounts, journal = threading.Lock(), threading.Lock()
entries = {}
def work(name):
    first, second = (journal, accounts) if name == "two" else (accounts, journal)
    with first:
        with second:
            entries[name] = entries.get(name, 0) + 1
    return json.dumps(entries).encode()
"""
WSGI = """
def application(environ, start_response):
    body = work(environ["PATH_INFO"][1:])
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
"""
FLASK = """
from flask import Flask, render_template_string
application = Flask(__name__)
@application.get("/<name>")
def page(name):
    return render_template_string("<p>{{ name }}: {{ body }}</p>", name=name, body=work(name).decode())
"""
ASGI = """
async def application(scope, receive, send):
    if scope["type"] == "http":
        body = work(scope["path"][1:])
        length = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": length})
        await send({"type": "http.response.body", "body": body})
"""
TASKS = """
import os, sys
from celery import Celery
here = os.path.dirname(os.path.abspath(__file__))
folders = {name: os.path.join(here, name) for name in ("in", "sent", "control", "results")}
for folder in folders.values():
    os.makedirs(folder, exist_ok=True)
app = Celery("app", broker="filesystem://", backend="file://" + folders["results"])
app.conf.broker_transport_options = {
    "data_folder_in": folders["in"], "data_folder_out": folders["sent"], "control_folder": folders["control"],
    "polling_interval": 0.1,
}
@app.task(name="do")
def do(name):
    return len(work(name))
if __name__ == "__main__":
    results = [do.delay(sys.argv[1]) for _ in range(int(sys.argv[2]))]
    # Now they are whole: the broker loses one that it reads while it is written.
    for name in os.listdir(folders["sent"]):
        os.rename(os.path.join(folders["sent"], name), os.path.join(folders["in"], name))
    print(sum(one.get(timeout=100) > 0 for one in results))
"""
GUNICORN = ("gunicorn", "--workers", "2", "--threads", "4", "--log-level", "error", "-b", "127.0.0.1:PORT")
SERVERS = {
    "gunicorn": (WSGI, (*GUNICORN, "app:application")),
    "flask": (FLASK, (*GUNICORN, "app:application")),
    "uvicorn": (ASGI, ("uvicorn", "--workers", "2", "--port", "PORT", "--log-level", "error", "app:application")),
    "celery": (TASKS, ("celery", "-A", "app", "worker", "-c", "2", "-l", "error")),
}


class Server:
    """A server that runs, and the folder and environment in which it does."""

    def __init__(self, name: str, folder: Path, packages: Path, under: Sequence[str]) -> None:
        app, command = SERVERS[name]
        self.name = name
        self.folder = folder
        self.port = free_port()
        (folder / "app.py").write_text(WORK + app)
        self.environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{packages}", "TMPDIR": str(folder)}
        words = [word.replace("PORT", str(self.port)) for word in command]
        with (folder / "output").open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, *under, "-m", *words],
                cwd=folder, env=self.environment, stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip

    def answer(self, path: str, count: int) -> int:
        """Send so many requests; return how many were answered."""
        if self.name == "celery":
            command = [sys.executable, "app.py", path, str(count)]
            done = subprocess.run(command, cwd=self.folder, env=self.environment, stdout=subprocess.PIPE, timeout=LIMIT)
            return int(done.stdout or 0)
        answered: list[int] = []
        clients = [
            threading.Thread(target=ask, args=(self.port, path, count // CLIENTS, answered)) for _ in range(CLIENTS)
        ]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        return sum(answered)

    def await_start(self) -> None:
        """Wait until it answers; celery, until its worker has declared its queue."""
        limit = time.monotonic() + LIMIT
        while not self._answers():
            assert time.monotonic() < limit
            time.sleep(0.05)

    def _answers(self) -> bool:
        if self.name == "celery":
            return any((self.folder / "control").glob("*"))
        try:
            socket.create_connection(("127.0.0.1", self.port)).close()
        except OSError:
            return False
        return True

    def cpu(self) -> float:
        """Return the seconds of CPU that its processes have used."""
        return sum(map(cpu_of, processes(self.process.pid)))

    def stop(self) -> int:
        """End it by SIGTERM; return its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(LIMIT)


@contextmanager
def serving(name: str, packages: Path, under: Sequence[str]) -> Iterator[Server]:
    with tempfile.TemporaryDirectory() as folder:
        server = Server(name, Path(folder), packages, under)
        try:
            server.await_start()
            yield server
        finally:
            if server.process.returncode is None:
                os.killpg(server.process.pid, signal.SIGKILL)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def ask(port: int, path: str, count: int, answered: list[int]) -> None:
    """Send requests over one connection, and add how many were answered."""
    connection = HTTPConnection("127.0.0.1", port, timeout=LIMIT)
    for _ in range(count):
        connection.request("GET", f"/{path}")
        answered.append(connection.getresponse().read() != b"")
    connection.close()


def processes(session: int) -> list[int]:
    """Return the processes of a session."""
    found = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    return [pid for pid in found if (fields := stat_of(pid)) and int(fields[3]) == session]


def stat_of(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat after the name, or none if the process has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return []


def cpu_of(pid: int) -> float:
    fields = stat_of(pid)
    return sum(map(int, fields[11:13])) / TICKS if fields else 0.0


def one_run(name: str, given: argparse.Namespace, under: Sequence[str], *, planted: bool) -> float:
    """Return the CPU of one request in microseconds."""
    with serving(name, given.packages, under) as server:
        first = 20 if name == "celery" else 160
        assert server.answer("one", first) == first  # both workers have begun
        before = server.cpu()
        assert server.answer("one", given.requests) == given.requests
        used = server.cpu() - before
        if planted:
            assert server.answer("two", first) == first
        status, output = server.stop(), (server.folder / "output").read_text()
        left = [one for one in os.listdir(server.folder) if one.startswith("lockdep-run")]
    found = bool(under) and planted
    assert (status, output.count("ERROR: possible circular")) == (66 * found, found), (status, output)
    assert left == []
    return used / given.requests * 1e6


def rows(name: str, given: argparse.Namespace) -> Iterator[Row]:
    kinds = {"plain": (), "lockdep": ("-m", "lockdep", "run"), "control": ()}
    used: dict[str, list[float]] = {kind: [] for kind in kinds}
    for number in range(given.rounds):
        turned = [*kinds][number % 3 :] + [*kinds][: number % 3]
        for kind in turned:
            used[kind].append(one_run(name, given, kinds[kind], planted=number == given.rounds - 1))
    for kind in ("lockdep", "control"):
        ratios = [one / plain for one, plain in zip(used[kind], used["plain"], strict=True)]
        note = f"{median(used['plain']):.0f} -> {median(used[kind]):.0f} us; {min(ratios):.3f} to {max(ratios):.3f}"
        yield Row(f"{name}: CPU of a request, {kind}", median(ratios), "x", note=note)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.servers")
    parser.add_argument("names", nargs="*", metavar="SERVER", help=f"of {', '.join(SERVERS)}; all if none is named")
    parser.add_argument("--packages", type=Path, required=True, help="a folder with the packages, for PYTHONPATH")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=4000, help="of each server and round")
    given = parser.parse_args()
    if unknown := set(given.names) - SERVERS.keys():
        parser.error(f"no server of that name: {', '.join(sorted(unknown))}")
    given.packages = given.packages.resolve()
    print(render_heading())
    for name in given.names or SERVERS:
        print(*render_rows(rows(name, given)), sep="\n", flush=True)


if __name__ == "__main__":
    main()
