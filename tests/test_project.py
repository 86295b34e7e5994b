"""Facts about the project as a whole that nothing else would notice going wrong."""

import os
import re
import tomllib
from pathlib import Path

import pytest

import bot

ROOT = Path(__file__).parents[1]
PROGRAMS = [
    ROOT / ".ci" / "run",
    *(path for path in sorted((ROOT / "scripts").iterdir()) if not path.name.startswith("_")),
]
PAGES = sorted(ROOT.glob("*.md"))


def test_the_version_is_the_one_that_is_packaged() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert bot.__version__ == project["version"]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.name)
def test_a_script_can_be_run(program: Path) -> None:
    assert os.access(program, os.X_OK)
    assert program.read_text().startswith("#!/usr/bin/env bash\n")


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.name)
def test_a_script_stops_at_the_first_thing_that_fails(program: Path) -> None:
    assert "\nset -euo pipefail\n" in program.read_text()


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.name)
def test_a_script_says_what_it_does_and_fits_on_a_screen(program: Path) -> None:
    lines = program.read_text().splitlines()
    assert lines[1].startswith("# ")
    assert len(lines) <= 50


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_script_that_a_page_names_is_there(page: Path) -> None:
    named = set(re.findall(r"\bscripts/[a-z][a-z-]*|\.ci/[a-z]+", page.read_text()))
    assert [name for name in sorted(named) if not (ROOT / name).is_file()] == []


def test_the_contributing_page_names_every_script() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text()
    assert [path.name for path in PROGRAMS if f"{path.parent.name}/{path.name}" not in page] == []


def test_the_example_of_secrets_holds_none() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    assert [line for line in lines if line and not line.startswith("#")] == []


def test_a_file_of_secrets_is_not_committed_by_accident() -> None:
    assert ".env" in (ROOT / ".gitignore").read_text().splitlines()
