"""Play a case in a world, and judge the findings: the expected ones, at the expected operation, and no others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any

from tests.selftest.cases import Call, Case
from tests.selftest.drivers import CaseError
from tests.selftest.scene import Scene

OK, MISSED, FALSE_ALARM, WRONG_KIND, WRONG_OP = "ok", "MISSED", "FALSE ALARM", "wrong kind", "wrong op"
WRONG_RETURN, WRONG_TEXT, WRONG_COUNT, BROKEN = "wrong return", "wrong text", "wrong count", "ERROR"


class WrongReturn(Exception):
    """An operation did not return what the case says."""


@dataclass(frozen=True)
class Found:
    """A finding, and the operation during which it appeared."""

    op: int
    title: str
    text: str


@dataclass
class Played:
    """What happened. `trouble` says why an operation failed or what wrong result it returned; '' if none did."""

    found: list[Found] = field(default_factory=list)
    verdict: str = OK
    trouble: str = ""

    def fail(self, verdict: str, trouble: str) -> None:
        """Keep the first thing that went wrong."""
        if not self.trouble:
            self.verdict, self.trouble = verdict, trouble


@dataclass(frozen=True)
class Outcome:
    """The verdict on a case, with the expectation and the findings in words."""

    case: Case
    verdict: str
    expected: str = ""
    actual: str = ""


def play(case: Case, world: Any) -> Played:
    """Do all operations, also after a finding; an operation that would never end is skipped."""
    scene, played = Scene(case, world), Played()
    for number, step in enumerate(case.steps):
        try:
            result = framed(step, scene.run)
            check_result(step, result)
        except world.stuck:
            pass
        except WrongReturn as error:
            played.fail(WRONG_RETURN, f"op {number} ({step}): {error}")
        except CaseError as error:
            played.fail(BROKEN, f"op {number} ({step}): {error}")
        except Exception as error:
            played.fail(BROKEN, f"op {number} ({step}) raised {error!r}")
            break
        played.found += [Found(number, one.title, str(one)) for one in world.found()[len(played.found) :]]
    scene.leave()
    return played


def framed(step: Call, run: Callable[[Call], object]) -> object:
    """Run an operation in a frame with the name that the case gives it."""

    def operation() -> object:
        return run(step)

    name = step.options.get("in")
    if name is None:
        return operation()
    code = operation.__code__.replace(co_name=name, co_qualname=name)
    return FunctionType(code, globals(), name, None, operation.__closure__)()


def check_result(step: Call, result: object) -> None:
    if "ret" not in step.options:
        return
    expected = step.options["ret"]
    actual = bool(result) if isinstance(expected, bool) else str(result or 0)
    if actual != (expected if isinstance(expected, bool) else str(expected)):
        raise WrongReturn(f"returned {result!r}, not {expected!r}")


def judge(case: Case, played: Played) -> Outcome:
    """Compare the findings with what the case expects."""
    expected = "nothing"
    if case.expect == "report":
        place = "" if case.report_at_op is None else f" at op {case.report_at_op} ({case.steps[case.report_at_op]})"
        expected = f"{case.report_kind or 'a report'}{place}"
    if played.verdict != OK:
        return Outcome(case, played.verdict, expected, played.trouble)
    actual = "; ".join(f"{one.title} at op {one.op} ({case.steps[one.op]})" for one in played.found) or "nothing"
    verdict = first_difference(case, played.found)
    if verdict == WRONG_TEXT:
        expected, actual = text_difference(case, played.found[0].text)
    if verdict == WRONG_COUNT:
        expected = f"{case.reports} reports, {expected}"
    return Outcome(case, verdict, expected, actual)


def first_difference(case: Case, found: list[Found]) -> str:
    """Return the worst way in which the findings differ from the expected ones."""
    if case.expect == "clean":
        return FALSE_ALARM if found else OK
    if not found:
        return MISSED
    if case.report_kind is not None and found[0].title != case.report_kind:
        return WRONG_KIND
    if case.report_at_op is not None and found[0].op != case.report_at_op:
        return WRONG_OP
    if case.reports is not None and len(found) != case.reports:
        return WRONG_COUNT
    return WRONG_TEXT if any(text_difference(case, found[0].text)) else OK


def text_difference(case: Case, text: str) -> tuple[str, str]:
    """Return what the text of the report lacks, and what it must not contain."""
    missing = [part for part in case.report_has if part not in text]
    surplus = [part for part in case.report_lacks if part in text]
    return (f"a report with {missing}" if missing or surplus else "", f"one with {surplus}" if surplus else "")
