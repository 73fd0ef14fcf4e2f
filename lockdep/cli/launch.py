"""Run a script, directory, zip file, module or -c code as `__main__`, as plain python would.

The program gets a fresh `__main__`, and the argv, sys.path[0], tracebacks and exit status that python would give it. It
ends in python's order: non-daemon threads, atexit callbacks, then `finish`, then the interpreter. runpy is not used: it
restores the old `__main__` and copies the globals at a time when threads and pickles still need them.

The program can notice these differences: there are frames of ours below its first one (sys._getframe, a module-level
warnings.warn(stacklevel=2), a few levels of the recursion limit), lockdep has imported some modules before it, and
python's option -i does not work. Threads and atexit callbacks have ended when `launch` returns, so the interpreter
finds nothing left to do at its own end; therefore the exit status is returned, and the process is not ended here.

Importing this module imports no module that makes a lock.
"""

import atexit
import builtins
import io
import os
import sys
from collections.abc import Callable
from types import CodeType, ModuleType, TracebackType
from typing import Any, Literal

from lockdep.vocabulary.record import record

_HERE = (lambda: None).__code__.co_filename
INTERRUPTED = 128 + 2  # what a shell shows for a process that SIGINT ended

Finish = Callable[[int], int | None]


class LaunchError(Exception):
    """The program could not be started; the message is one line."""


@record
class Target:
    """What to run: `name` is a path, a module name or the code itself; args are the program's own."""

    kind: Literal["script", "module", "command"]
    name: str
    args: tuple[str, ...] = ()


def launch(target: Target, finish: Finish) -> int:
    """Run the target to its end and return the exit status. `finish(status)` may return another one, or None.

    LaunchError is raised if the program cannot be started. If python would end itself by SIGINT, KeyboardInterrupt is
    raised with an excepthook that prints nothing: the caller must let it pass, and python then ends itself so.
    """
    main = _fresh_main()
    load = {"script": _load_script, "module": _load_module, "command": _load_command}[target.kind]
    program, failure = _caught(load, target, main)
    if isinstance(failure, LaunchError):
        raise failure
    if program is not None:
        _, failure = _caught(exec, program, main.__dict__)
    if target.kind == "script":
        _flush()  # python does so between a script and its traceback, which matters if both go to one file
    interrupted = is_interrupt(failure)
    status = 0 if failure is None else _report(failure)
    program = failure = None
    _end_threads_and_callbacks()
    _flush()
    try:
        replaced = finish(INTERRUPTED if interrupted else status & 0xFF)  # the status as wait() returns it
    except KeyboardInterrupt:  # the program has ended, and python ignores it here, too
        replaced = None
    if interrupted:
        _end_by_sigint()
    return status if replaced is None else replaced


# -- Before the run: the code, and the module that it runs in


def _fresh_main() -> ModuleType:
    """Replace `__main__` by an empty module, like the one that python starts with; return it."""
    main = ModuleType("__main__")
    main.__loader__ = _builtin_importer()
    namespace = vars(main)
    if sys.version_info < (3, 14):
        namespace["__annotations__"] = {}
    namespace["__builtins__"] = builtins
    sys.modules["__main__"] = main
    return main


def _builtin_importer() -> Any:
    spec = builtins.__spec__
    assert spec is not None
    return spec.loader


def _load_script(target: Target, main: ModuleType) -> CodeType:
    path = target.name if os.path.isabs(target.name) else os.path.join(os.getcwd(), target.name)
    importer = _importer(path)
    sys.argv[:] = [target.name, *target.args]
    if importer is not None:
        return _load_archive(importer, target.name, path, main)
    if not sys.flags.safe_path:
        sys.path[0] = os.path.dirname(os.path.realpath(path))
    from importlib.machinery import SourceFileLoader, SourcelessFileLoader

    loader = (SourcelessFileLoader if path.endswith(".pyc") else SourceFileLoader)("__main__", path)
    try:
        with io.open_code(path) as file:
            source = file.read()
    except OSError as error:
        raise LaunchError(f"can't open file {path!r}: [Errno {error.errno}] {error.strerror}") from None
    main.__loader__ = loader
    main.__dict__.update(__file__=path, __cached__=None)
    if isinstance(loader, SourcelessFileLoader):
        return _code_of(loader, "__main__")
    return compile(source, path, "exec", dont_inherit=True)


def _importer(path: str) -> Any:
    """Return the finder for a directory or an archive of modules, None for an ordinary file."""
    for hook in sys.path_hooks:
        try:
            return hook(path)
        except ImportError:
            continue
    return None


def _load_archive(importer: Any, name: str, path: str, main: ModuleType) -> CodeType:
    if sys.flags.safe_path:
        sys.path.insert(0, path)  # python puts nothing else there, but it does put an archive there
    else:
        sys.path[0] = path
    spec = importer.find_spec("__main__")
    if spec is None:
        raise LaunchError(f"can't find '__main__' module in {name!r}")
    return _enter_spec(spec, main)


def _load_module(target: Target, main: ModuleType) -> CodeType:
    sys.argv[:] = ["-m", *target.args]  # what parent packages see while they are imported
    if not sys.flags.safe_path:
        sys.path[0] = os.getcwd()
    spec = _find_module(target.name)
    code = _enter_spec(spec, main)
    sys.argv[0] = spec.origin
    return code


def _find_module(name: str) -> Any:
    """Return the spec of the module to run; for a package, that of its module `__main__`."""
    from importlib.util import find_spec

    if name.startswith("."):
        raise LaunchError(f"relative module names are not supported: {name}")
    try:
        spec = find_spec(name)
    except Exception as error:
        if isinstance(error, ModuleNotFoundError) and f"{name}.".startswith(f"{error.name}."):
            raise LaunchError(f"No module named {name!r}: {error}") from None
        package = name.rpartition(".")[0]
        raise LaunchError(f"cannot import {package!r}, needed to run {name}: {_one_line(error)}") from None
    if spec is None:
        raise LaunchError(f"No module named {name!r}")
    if spec.submodule_search_locations is None:
        return spec
    if name.endswith("__main__"):
        raise LaunchError(f"cannot run the package {name!r} as __main__")
    return _find_main_of_package(name)


def _find_main_of_package(name: str) -> Any:
    try:
        return _find_module(f"{name}.__main__")
    except LaunchError as error:
        if not str(error).startswith("No module named"):
            raise
        raise LaunchError(f"No module named {name}.__main__: {name!r} is a package and cannot be run itself") from None


def _one_line(error: BaseException) -> str:
    place = ""
    for frame, line in _frames(error.__traceback__):
        if not frame.f_code.co_filename.startswith("<"):
            place = f" ({os.path.relpath(frame.f_code.co_filename)}:{line})"
    return f"{type(error).__name__}: {' '.join(str(error).split())}{place}"


def _frames(traceback: TracebackType | None) -> Any:
    while traceback is not None:
        yield traceback.tb_frame, traceback.tb_lineno
        traceback = traceback.tb_next


def _enter_spec(spec: Any, main: ModuleType) -> CodeType:
    """Return the code of a spec and give `__main__` its attributes, as runpy does."""
    if spec.loader is None:
        raise LaunchError(f"{spec.name!r} is a namespace package and cannot be executed")
    code = _code_of(spec.loader, spec.name)
    main.__spec__, main.__loader__, main.__package__ = spec, spec.loader, spec.parent
    main.__dict__.update(__file__=spec.origin, __cached__=spec.cached)
    return code


def _code_of(loader: Any, name: str) -> CodeType:
    try:
        code: CodeType | None = loader.get_code(name)
    except ImportError as error:
        raise LaunchError(str(error)) from None
    if code is None:
        raise LaunchError(f"No code object available for {name}")
    return code


def _load_command(target: Target, _main: ModuleType) -> CodeType:
    sys.argv[:] = ["-c", *target.args]
    if not sys.flags.safe_path:
        sys.path[0] = ""
    source = target.name + "\n"
    if sys.version_info >= (3, 14):
        import textwrap

        source = textwrap.dedent(source)
    code = compile(source, "<string>", "exec", dont_inherit=True)
    if sys.version_info >= (3, 13):
        _show_in_tracebacks(code, source)
    return code


def _show_in_tracebacks(code: CodeType, source: str) -> None:
    """Give the source of -c code to linecache. Early 3.13 keeps it by file name, later versions by code object."""
    import linecache

    by_code = hasattr(linecache, "_interactive_cache")
    linecache._register_code(code if by_code else "<string>", source, "<string>")  # type: ignore[attr-defined]


# -- The run


def _caught(function: Callable[..., Any], *args: Any) -> tuple[Any, BaseException | None]:
    """Return (result, None) or (None, exception), the exception without the frames of this file.

    The exception is returned because python calls sys.excepthook outside of any except block.
    """
    try:
        return function(*args), None
    except BaseException as failure:
        return None, failure.with_traceback(_without_ours(failure.__traceback__))


def _without_ours(traceback: TracebackType | None) -> TracebackType | None:
    """Drop the leading frames that belong to this file, and to the import system when it only read the program."""
    while traceback is not None and traceback.tb_frame.f_code.co_filename == _HERE:
        traceback = traceback.tb_next
    rest = traceback
    while rest is not None and rest.tb_frame.f_code.co_filename.startswith("<frozen "):
        rest = rest.tb_next
    return rest and traceback


# -- After the run: what the interpreter does with an exception, and how it ends


def _report(failure: BaseException) -> int:
    """Report an exception that was not caught, as PyErr_Print does; return the exit status."""
    if isinstance(failure, SystemExit):
        return _status_of_exit(failure.code)
    traceback = failure.__traceback__
    if sys.version_info >= (3, 12):
        sys.last_exc = failure
    sys.last_type, sys.last_value, sys.last_traceback = type(failure), failure, traceback
    hook = getattr(sys, "excepthook", None)
    if hook is None:
        _complain("sys.excepthook is missing")
        hook = sys.__excepthook__
    _, hook_failure = _caught(hook, type(failure), failure, traceback)
    if isinstance(hook_failure, SystemExit):
        return _status_of_exit(hook_failure.code)
    if hook_failure is not None:
        _complain("Error in sys.excepthook:")
        sys.__excepthook__(type(hook_failure), hook_failure, hook_failure.__traceback__)
        _complain("\nOriginal exception was:")
        sys.__excepthook__(type(failure), failure, traceback)
    return 1


def _status_of_exit(code: object) -> int:
    if code is None:
        return 0
    if isinstance(code, int):
        return int(code) if -(2**63) <= code < 2**63 else -1  # python's status for a number that is no C long
    _complain(code)
    return 1


def _complain(what: object) -> None:
    """Write a line to sys.stderr. As in python, a failing __str__ or a closed stream is ignored."""
    stream = getattr(sys, "stderr", None) or sys.__stderr__
    for text in (what, "\n"):
        try:
            print(text, end="", file=stream)
        except Exception:
            pass


def is_interrupt(failure: BaseException | None) -> bool:
    """Return whether python ends itself by SIGINT after this exception; since 3.14 also after one of a subclass."""
    kind = type(failure)
    return issubclass(kind, KeyboardInterrupt) if sys.version_info >= (3, 14) else kind is KeyboardInterrupt


def _end_threads_and_callbacks() -> None:
    """Wait for non-daemon threads, then run the atexit callbacks: the first steps of Py_FinalizeEx."""
    threading = sys.modules.get("threading")
    if threading is not None:
        _, failure = _caught(threading._shutdown)
        if failure is not None:
            vars(threading)["_shutdown"] = lambda: None  # the interpreter calls it once more, and does not wait again
            _report_ignored(failure, threading)
    _caught(atexit._run_exitfuncs)  # it reports failures itself; only an interrupt between two callbacks is raised


def _report_ignored(failure: BaseException, threading: ModuleType) -> None:
    newer = sys.version_info >= (3, 13)
    _complain("Exception ignored on threading shutdown:" if newer else f"Exception ignored in: {threading!r}")
    sys.__excepthook__(type(failure), failure, failure.__traceback__)


def _flush() -> None:
    for stream in (sys.stderr, sys.stdout):
        try:
            stream.flush()
        except Exception:  # closed, None or a broken pipe: the interpreter reports it at its end
            pass


def _end_by_sigint() -> None:
    """Raise KeyboardInterrupt in the way that makes python end itself by SIGINT after its finalization.

    Python does that if the exception leaves the execution of a string, but not if it leaves that of a code object.
    """
    after = {name: value for name, value in vars(sys).items() if name.startswith("last_") or name == "excepthook"}

    # The program's traceback has been printed already. The hook restores what kept objects alive, so that they are
    # freed at the same moment as under plain python.
    sys.excepthook = lambda *_: vars(sys).update(after)
    exec("raise KeyboardInterrupt")
