"""Run the museum: python -m tests.museum [--small] [-k NAME] [--jobs N] [--python 3.11=PATH]

Prints a row for each program as it ends, and then the output of those with a wrong verdict. Exits with 1 if there are
any.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path

from tests.museum.cases import Exhibit, all_exhibits
from tests.museum.environments import Environments, default_cache
from tests.museum.runner import Result, visit

HEADER = ("case", "twin", "python", "exit", "verdict", "seconds")
ROW = "{:36} {:8} {:7} {:>5}  {:15} {:>7}"


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    exhibits = _chosen(options)
    print(ROW.format(*HEADER))
    results = []
    for result in _visit_all(exhibits, options):
        print(ROW.format(*result.row()), flush=True)
        results.append(result)
    wrong = [result for result in results if not result.verdict.right]
    for result in wrong:
        print(f"\n==== {result.exhibit}: {result.verdict.word}\n{result.output.rstrip()}")
    print(f"\n{len(results)} runs, {len(wrong)} wrong")
    return 1 if wrong or not results else 0


def _visit_all(exhibits: Sequence[Exhibit], options: argparse.Namespace) -> Iterator[Result]:
    environments = Environments(default_cache(), dict(options.python))
    # The versions of one program never run side by side: they use the same ports and announce the same names.
    groups = [list(twins) for _, twins in groupby(exhibits, key=lambda exhibit: exhibit.name)]
    with ThreadPoolExecutor(options.jobs) as pool:
        for results in pool.map(lambda twins: [visit(exhibit, environments) for exhibit in twins], groups):
            yield from results


def _chosen(options: argparse.Namespace) -> list[Exhibit]:
    exhibits = (exhibit for exhibit in all_exhibits() if exhibit.small or not options.small)
    return [exhibit for exhibit in exhibits if options.keyword in str(exhibit)]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.museum", description=__doc__.partition("\n")[2])
    parser.add_argument("--small", action="store_true", help="leave out big downloads and slow programs")
    parser.add_argument("-k", dest="keyword", metavar="NAME", default="", help="only those with NAME in case-twin")
    parser.add_argument("--jobs", type=int, default=2, help="how many at once (default 2)")
    parser.add_argument(
        "--python", type=_version_and_path, action="append", default=[], metavar="3.11=PATH", help="interpreter to use"
    )
    return parser


def _version_and_path(text: str) -> tuple[str, Path]:
    version, equals, path = text.partition("=")
    if not (version and equals and path):
        raise argparse.ArgumentTypeError(f"expected VERSION=PATH, not {text!r}")
    return version, Path(path)


if __name__ == "__main__":
    sys.exit(main())
