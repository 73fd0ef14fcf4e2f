"""Runs pytest in forked processes that have pytest imported already: python -m tests.pytest_plugin.fork_server

A run of pytest on a small file spends most of its time on importing pytest. The server imports it once and then forks a
child for each run. In the child, neither lockdep nor a plugin of another distribution is imported, and it ends as
`python -m pytest` does, so a run behaves as in a new process.

One line of JSON on stdin asks for a run; the server answers with the child's process id on one line when it has
started, and with its exit code on another when it has ended.
"""

from __future__ import annotations

import importlib
import json
import os
import select
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = str(Path(__file__).parents[2])


@dataclass
class ForkServer:
    """The client. It starts the server process at the first run. Must be used by one thread only."""

    _process: subprocess.Popen[str] | None = field(default=None, init=False)

    def run(self, arguments: list[str], folder: Path, stdout: Path, stderr: Path, limit: float) -> int:
        """Run pytest in the folder with this process's environment and output to two files. Return the exit status.

        If it has not ended after `limit` seconds, kill it and raise TimeoutError.
        """
        environment = dict(os.environ)
        process = self._process = self._process or self._start()
        request = {"arguments": arguments, "folder": str(folder), "environment": environment}
        self._send(process, {**request, "stdout": str(stdout), "stderr": str(stderr)})
        child = self._answer(process)
        assert process.stdout is not None
        if not select.select([process.stdout], [], [], limit)[0]:
            os.kill(child, signal.SIGKILL)
            self._answer(process)
            raise TimeoutError(f"pytest has not ended after {limit} seconds")
        return self._answer(process)

    def close(self) -> None:
        if self._process is not None:
            self._process.communicate()
            self._process = None

    @staticmethod
    def _start() -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.pytest_plugin.fork_server"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        return subprocess.Popen(command, cwd=ROOT, text=True, **pipes)  # type: ignore[call-overload, no-any-return]

    @staticmethod
    def _send(process: subprocess.Popen[str], request: dict[str, object]) -> None:
        assert process.stdin is not None
        process.stdin.write(json.dumps(request) + "\n")
        process.stdin.flush()

    @staticmethod
    def _answer(process: subprocess.Popen[str]) -> int:
        assert process.stdout is not None
        return int(process.stdout.readline())


def import_pytest() -> None:
    """Import the modules that every run imports: pytest with its own plugins, and what these import."""
    import unittest  # noqa: F401

    from _pytest.config import default_plugins

    for name in default_plugins:
        importlib.import_module(f"_pytest.{name}")


def serve() -> dict[str, object]:
    """Fork a child for each request. Returns in a child only, with its request. The server exits when stdin ends."""
    for line in sys.stdin:
        request: dict[str, object] = json.loads(line)
        child = os.fork()
        if child == 0:
            return request
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    sys.exit()


def become(request: dict[str, object]) -> None:
    """Set up output files, environment, folder and arguments as the request asks."""
    sys.stdin.close()
    for number, (name, flags) in enumerate(
        [
            (os.devnull, os.O_RDONLY),
            (str(request["stdout"]), os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
            (str(request["stderr"]), os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
        ]
    ):
        opened = os.open(name, flags)
        os.dup2(opened, number)
        if opened != number:
            os.close(opened)
    sys.stdin = open(0, closefd=False)
    folder, environment = str(request["folder"]), request["environment"]
    assert isinstance(environment, dict)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.path[0] = folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "tests"]:
        del sys.modules[name]  # a new process would not have this package, and the folder may have one of its own
    sys.argv = ["pytest", *map(str, request["arguments"])]  # type: ignore[call-overload]


if __name__ == "__main__":
    import_pytest()
    become(serve())
    import pytest

    sys.exit(pytest.console_main())
