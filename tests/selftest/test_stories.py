"""The stories on the build under test, and on the pure one; and that a story which is told wrongly fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.patience import PROGRAM_LIMIT
from tests.selftest.stories import CLEAN, FILE, BrokenStory, Story, load, tell
from tests.sourcetree import ROOT

STORIES = load()


@pytest.mark.parametrize("story", STORIES, ids=str)
def test_a_story_is_told_as_it_happened(story: Story, tmp_path: Path) -> None:
    told = tell(story, tmp_path)

    assert not told.wrong(story), f"{told.wrong(story)}\n{told.text}"


def test_half_of_the_stories_are_corrections() -> None:
    assert len(STORIES) >= 40
    assert sum(story.expect == CLEAN for story in STORIES) * 2 == len(STORIES)
    assert len({story.name for story in STORIES}) == len(STORIES)


def test_each_story_has_a_source() -> None:
    kinds = ("documentation: ", "commit: ", "self-test: ")

    assert [story.name for story in STORIES if not story.source.startswith(kinds)] == []


def test_a_story_with_another_end_fails(tmp_path: Path) -> None:
    story, correction = STORIES[0], STORIES[1]

    assert tell(story, tmp_path).wrong(replace(story, expect=CLEAN)).startswith("found ")
    assert tell(correction, tmp_path).wrong(replace(correction, expect="usage")) == "found nothing, expected usage"
    assert tell(story, tmp_path).wrong(replace(story, has=("nobody",))) == "the report has no ['nobody']"


@pytest.mark.parametrize("change", [{"fix": [["no such line"]]}, {"why": None}, {"more": 1}])
def test_a_broken_story_is_refused(change: dict[str, object], tmp_path: Path) -> None:
    entry = {**json.loads(FILE.read_text())["stories"][0], **change}
    path = tmp_path / "stories.json"
    path.write_text(json.dumps({"stories": [{key: value for key, value in entry.items() if value is not None}]}))

    with pytest.raises(BrokenStory):
        load(path)


@pytest.mark.parametrize("pure", ["0", "1"])
def test_the_command_tells_all_of_them(pure: str) -> None:
    command = [sys.executable, "-m", "tests.selftest.stories"]
    env = {**os.environ, "LOCKDEP_PURE": pure}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=PROGRAM_LIMIT)

    assert done.stdout.endswith(f"{len(STORIES)} passed, 0 failed\n"), done.stdout + done.stderr
    assert done.returncode == 0
