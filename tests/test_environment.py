"""How the scripts keep their environment, with a Python that only notes what it is asked."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[1] / "scripts"

# Does what the scripts ask of an interpreter, without the waiting: notes what it was asked for, and
# copies itself where a virtual environment would have put it.
NOTING_PYTHON = r"""#!/usr/bin/env bash
case "$*" in
  -V) echo "Python 3.11.0" ;;
  *fcntl*) exec REAL_PYTHON "$@" ;;
  *ensurepip*) ;;
  "-m venv --clear .venv")
    echo venv >>notes
    rm -rf .venv
    mkdir -p .venv/bin
    cp "$0" .venv/bin/python ;;
  "-m pip install"*)
    echo "${@: -2}" >>notes
    [ ! -e no-network ] ;;
esac
"""
FROM_NOTHING = ["venv", "--requirement requirements.lock", "--editable ."]


@dataclass(frozen=True)
class Checkout:
    folder: Path
    python: Path

    def command(self, level: str) -> list[str]:
        return ["bash", "-c", f". scripts/_environment; environment {level}; echo went on"]

    def variables(self) -> dict[str, str]:
        return {**os.environ, "PYTHON": str(self.python)}

    def set_up(self, level: str = "runtime") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(level),
            cwd=self.folder,
            env=self.variables(),
            capture_output=True,
            text=True,
            check=False,
        )

    def notes(self) -> list[str]:
        """What was asked of the interpreter since the last look."""
        page = self.folder / "notes"
        lines = page.read_text().splitlines() if page.exists() else []
        page.unlink(missing_ok=True)
        return lines


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    folder = tmp_path / "a checkout"
    (folder / "scripts").mkdir(parents=True)
    shutil.copy(SCRIPTS / "_environment", folder / "scripts")
    for name in ["pyproject.toml", "requirements.lock", "requirements-dev.lock"]:
        (folder / name).write_text("as it was\n")
    python = tmp_path / "python"
    real = shutil.which("python3") or "python3"
    python.write_text(NOTING_PYTHON.replace("REAL_PYTHON", real))
    python.chmod(0o755)
    return Checkout(folder, python)


def test_the_first_run_sets_everything_up(checkout: Checkout) -> None:
    done = checkout.set_up()
    assert done.stdout == "went on\n"
    assert "Setting up .venv with Python 3.11.0" in done.stderr
    assert checkout.notes() == FROM_NOTHING


def test_the_second_run_finds_nothing_to_do_and_says_nothing(checkout: Checkout) -> None:
    checkout.set_up()
    checkout.notes()
    done = checkout.set_up()
    assert (done.stdout, done.stderr) == ("went on\n", "")
    assert checkout.notes() == []


def test_the_tools_of_developers_come_when_they_are_asked_for(checkout: Checkout) -> None:
    checkout.set_up("runtime")
    checkout.notes()
    checkout.set_up("dev")
    assert checkout.notes() == ["--requirement requirements-dev.lock", "--editable ."]
    checkout.set_up("runtime")
    assert checkout.notes() == []


@pytest.mark.parametrize("name", ["pyproject.toml", "requirements.lock"])
def test_a_changed_file_brings_the_environment_up_to_date(checkout: Checkout, name: str) -> None:
    checkout.set_up()
    checkout.notes()
    (checkout.folder / name).write_text("as it is now\n")
    assert "up to date" in checkout.set_up().stderr
    assert checkout.notes() == FROM_NOTHING[1:]


def test_a_failed_installation_stops_the_script_and_starts_over_next_time(
    checkout: Checkout,
) -> None:
    (checkout.folder / "no-network").touch()
    done = checkout.set_up()
    assert done.returncode != 0
    assert done.stdout == ""
    assert checkout.notes() == FROM_NOTHING[:2]

    (checkout.folder / "no-network").unlink()
    assert checkout.set_up().stdout == "went on\n"
    assert checkout.notes() == FROM_NOTHING


def test_an_update_cut_short_is_not_taken_for_done_when_the_lock_is_put_back(
    checkout: Checkout,
) -> None:
    checkout.set_up()
    lock = checkout.folder / "requirements.lock"
    lock.write_text("as it is now\n")
    (checkout.folder / "no-network").touch()
    checkout.set_up()
    checkout.notes()

    (checkout.folder / "no-network").unlink()
    lock.write_text("as it was\n")
    checkout.set_up()
    assert checkout.notes() == FROM_NOTHING


def test_a_moved_checkout_gets_a_new_environment(checkout: Checkout, tmp_path: Path) -> None:
    checkout.set_up()
    moved = Checkout(checkout.folder.rename(tmp_path / "elsewhere"), checkout.python)
    moved.notes()
    moved.set_up()
    assert moved.notes() == FROM_NOTHING


def test_two_scripts_at_once_set_up_one_environment(checkout: Checkout) -> None:
    both = [
        subprocess.Popen(
            checkout.command("runtime"),
            cwd=checkout.folder,
            env=checkout.variables(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(2)
    ]
    assert [script.wait() for script in both] == [0, 0]
    assert checkout.notes() == FROM_NOTHING


def test_without_a_fitting_python_there_is_one_clear_sentence(checkout: Checkout) -> None:
    done = Checkout(checkout.folder, Path("/nowhere/python")).set_up()
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        "Hedgehold needs Python 3.11 or newer with its venv module, and /nowhere/python is not one:"
        " install it, or name one with PYTHON=/path/to/python.\n"
    )
