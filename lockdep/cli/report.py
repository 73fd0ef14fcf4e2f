"""lockdep report: what was found and learned, in one of the formats; of files, or of the parts of a store."""

from dataclasses import replace
from typing import TYPE_CHECKING

from lockdep.cli.command_line import Parser, add_look, say

if TYPE_CHECKING:
    from lockdep.snapshots.snapshot import Snapshot
    from lockdep.store.fleet import Fleet


def report(given: list[str]) -> int:
    """Render what was found and learned."""
    from lockdep.cli.files import deliver
    from lockdep.cli.sources import add_sources, read_sources
    from lockdep.config import Options
    from lockdep.reports import formats
    from lockdep.reports.colours import wants_colour
    from lockdep.reports.excused import listing
    from lockdep.splats.styles import Look
    from lockdep.vocabulary.grades import FAIL_ON, unmatched_line
    from lockdep.vocabulary.styles import AUTO, USER

    parser = Parser(
        prog="lockdep report",
        description="Merge snapshot files (see `lockdep run --snapshot`), or what a store has (see `lockdep push`),"
        " and render them. Cycles that need the dependencies of several runs are found, too.",
        allow_abbrev=False,
    )
    add_sources(parser)
    parser.add_argument("--format", choices=formats.names(), default="splat", metavar="FORMAT",
                        help=f"one of {', '.join(formats.names())} (default: splat)")  # fmt: skip
    parser.add_argument("--output", metavar="PATH", help="write to this file, not to standard output")
    parser.add_argument(
        "--fail-on", choices=FAIL_ON, help="exit with status 66 if there is a finding of this grade or a stronger one"
    )
    parser.add_argument("--show-excused", action="store_true", help="also list the findings that have an excuse")
    parser.add_argument(
        "--show-unmatched",
        action="store_true",
        help="report cycles whose observations name different locks, not only their number (format splat)",
    )
    add_look(parser)
    parsed = parser.parse_args(given)
    snapshot, fleet = read_sources(parsed)
    colour = parsed.output is None and wants_colour(1)
    shown, quiet = (snapshot, 0) if parsed.format != "splat" or parsed.show_unmatched else without_unmatched(snapshot)
    text = formats.render(parsed.format, shown, look=Look(parsed.style or AUTO, parsed.frames or USER, colour))
    if quiet:
        say(f"lockdep: {unmatched_line(quiet)}")
    if fleet is not None:
        text += tell_origins(fleet, shown, parsed.format)
    deliver(text + (listing(snapshot.findings) if parsed.show_excused else ""), parsed.output)
    failed = parsed.fail_on and any(one.at_least(parsed.fail_on) and not one.suppressed for one in snapshot.findings)
    return Options().exit_code if failed else 0


def tell_origins(fleet: "Fleet", shown: "Snapshot", form: str) -> str:
    """Return the list of where findings come from, to follow the reports; for other formats, write it to stderr."""
    from lockdep.reports.origins import render_origins

    text = render_origins(fleet, [one for one in shown.findings if one.shown])
    if form == "splat":
        return f"\n{text}" if text else ""
    if text:
        say(text)
    return ""


def without_unmatched(snapshot: "Snapshot") -> "tuple[Snapshot, int]":
    """Return the snapshot without the cycles whose observations name different locks, and how many these are."""
    from lockdep.vocabulary.grades import UNMATCHED

    kept = tuple(one for one in snapshot.findings if one.grade != UNMATCHED or one.slug != "circular")
    quiet = sum(one.shown for one in snapshot.findings if one not in kept)
    return replace(snapshot, findings=kept), quiet
