"""How long the functions and files of each package are: python -m tests.sizes

Prints, for each package, the number of files and functions, and the median, the 90th percentile and the longest of
both, in lines. A function's lines are those from `def` to its end, with its docstring; nested functions count twice.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

from tests.sourcetree import PACKAGES, ROOT

LENGTHS = f"{'median':>8}{'p90':>6}{'longest':>9}"
HEADER = f"{'package':28}{'files':>6}{LENGTHS}{'functions':>12}{LENGTHS}"


@dataclass(frozen=True, slots=True)
class Size:
    """A file or a function and its number of lines."""

    name: str
    lines: int


def source_files(suffix: str = ".py") -> list[Path]:
    """Return the files of the distribution that have the suffix."""
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob(f"*{suffix}"))


def file_size(path: Path) -> Size:
    return Size(str(path.relative_to(ROOT)), len(path.read_text().splitlines()))


def function_sizes(path: Path) -> Iterator[Size]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            yield Size(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", node.end_lineno - node.lineno + 1)


def by_package() -> dict[str, list[Path]]:
    """Return the Python files of each package; a subpackage is one of its own, and lockdep/ itself is one."""
    packages: dict[str, list[Path]] = {}
    for path in source_files():
        packages.setdefault(str(path.parent.relative_to(ROOT)), []).append(path)
    return packages


def columns(sizes: list[Size]) -> tuple[int, float, float, int]:
    lines = [size.lines for size in sizes] or [0]
    p90 = quantiles(lines, n=10, method="inclusive")[-1] if len(lines) > 1 else lines[0]
    return len(sizes), median(lines), p90, max(lines)


def row(name: str, paths: list[Path]) -> str:
    files = columns([file_size(path) for path in paths])
    functions = columns([size for path in paths for size in function_sizes(path)])
    count, middle, p90, longest = files
    text = f"{name:28}{count:6}{middle:8.0f}{p90:6.0f}{longest:9}"
    count, middle, p90, longest = functions
    return f"{text}{count:12}{middle:8.0f}{p90:6.0f}{longest:9}"


def main() -> None:
    print(HEADER)
    packages = by_package()
    for name, paths in packages.items():
        print(row(name, paths))
    print(row("all", source_files()))
    print("\nlongest functions")
    functions = sorted((size for path in source_files() for size in function_sizes(path)), key=lambda size: -size.lines)
    for size in functions[:10]:
        print(f"{size.lines:6} {size.name}")
    print("\nlongest files")
    files = [file_size(path) for suffix in (".py", ".pxd", ".h") for path in source_files(suffix)]
    for size in sorted(files, key=lambda size: -size.lines)[:10]:
        print(f"{size.lines:6} {size.name}")


if __name__ == "__main__":
    main()
