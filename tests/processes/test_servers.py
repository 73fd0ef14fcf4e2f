"""Servers from PyPI with two workers: an inversion in a worker counts, and SIGTERM stops them as it does without us."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.patience import PROGRAM_LIMIT, THREAD_LIMIT
from tests.sourcetree import ROOT

pytestmark = pytest.mark.network
PACKAGES = ("gunicorn", "uvicorn", "celery")
OFFLINE = ("No matching distribution found", "Could not find a version", "No module named pip")
FINDING = "ERROR: possible circular locking dependency detected"

LOCKS = """
import threading
A = threading.Lock()
B = threading.Lock()
def work(name):
    if name == "one":
        with A:
            with B: pass
    elif name == "two":
        with B:
            with A: pass
"""
WSGI = """
def application(environ, start_response):
    work(environ["PATH_INFO"][1:])
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]
"""
ASGI = """
async def application(scope, receive, send):
    if scope["type"] == "http":
        work(scope["path"][1:])
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})
"""
TASKS = """
import os, sys
from celery import Celery
here = os.path.dirname(os.path.abspath(__file__))
folders = {name: os.path.join(here, name) for name in ("in", "control", "results")}
for folder in folders.values():
    os.makedirs(folder, exist_ok=True)
app = Celery("app", broker="filesystem://", backend="file://" + folders["results"])
app.conf.broker_transport_options = {
    "data_folder_in": folders["in"], "data_folder_out": folders["in"], "control_folder": folders["control"]
}
do = app.task(work, name="do")
if __name__ == "__main__":
    for name in sys.argv[1:]:
        do.delay(name).get(timeout=100)
"""


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packages")
    command = [sys.executable, "-m", "pip", "install", "-q", "--target", str(folder), *PACKAGES]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if any(words in done.stdout for words in OFFLINE):
        pytest.skip("pip cannot fetch the packages here")
    assert done.returncode == 0, done.stdout
    return folder


@pytest.fixture
def serve(tmp_path: Path, packages: Path) -> Callable[..., tuple[int, str]]:
    """Run a server under `lockdep run` until `use` returns, stop it by SIGTERM; return its status and its output."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(packages)]), "TMPDIR": str(tmp_path)}

    def run(app: str, server: Sequence[str], use: Callable[[dict[str, str]], None]) -> tuple[int, str]:
        (tmp_path / "app.py").write_text(LOCKS + app)
        with (tmp_path / "output").open("w") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "lockdep", "run", "-m", *server],
                cwd=tmp_path, env=environment, stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip
            try:
                use(environment)
                process.send_signal(signal.SIGTERM)
                status = process.wait(PROGRAM_LIMIT)
            finally:
                if process.returncode is None:
                    os.killpg(process.pid, signal.SIGKILL)
        assert [name for name in os.listdir(tmp_path) if name.startswith("lockdep-run")] == []
        return status, (tmp_path / "output").read_text()

    return run


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def ask(port: int, path: str) -> None:
    """Fetch a page, as soon as the server answers."""
    end = time.monotonic() + THREAD_LIMIT
    while True:
        try:
            assert urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=60).read() == b"ok"
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


BOTH = pytest.mark.parametrize("names", [("one", "two"), ("one", "one")], ids=["inversion", "sound"])
SERVERS = {
    "gunicorn": (WSGI, ("gunicorn", "-w", "2", "-b", "127.0.0.1:PORT", "app:application")),
    "uvicorn": (ASGI, ("uvicorn", "--workers", "2", "--port", "PORT", "app:application")),
}


def check(names: tuple[str, str], status: int, output: str) -> None:
    found = int(names == ("one", "two"))
    assert (status, output.count(FINDING)) == (66 * found, found), output
    assert f"{found} error{'s' * (not found)}, " in output.splitlines()[-1], output
    assert "in 3 processes" in output.splitlines()[-1], output


@BOTH
@pytest.mark.parametrize("name", SERVERS)
def test_a_web_server(serve: Callable[..., tuple[int, str]], name: str, names: tuple[str, str]) -> None:
    app, command = SERVERS[name]
    port = free_port()

    def use(_environment: dict[str, str]) -> None:
        for path in names * 3:
            ask(port, path)

    check(names, *serve(app, [word.replace("PORT", str(port)) for word in command], use))


@BOTH
def test_celery(serve: Callable[..., tuple[int, str]], tmp_path: Path, names: tuple[str, str]) -> None:
    def use(environment: dict[str, str]) -> None:
        command = [sys.executable, "app.py", *names]
        subprocess.run(command, cwd=tmp_path, env=environment, check=True, timeout=PROGRAM_LIMIT)

    check(names, *serve(TASKS, ["celery", "-A", "app", "worker", "-c", "2", "-l", "error"], use))
