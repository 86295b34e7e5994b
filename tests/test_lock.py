"""The lock files: complete, hashed, and silent about where they were made. Needs no network."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
LOCKS = ["requirements.lock", "requirements-cluster.lock", "requirements-dev.lock"]
EXTRAS = {"requirements-cluster.lock": ["cluster"], "requirements-dev.lock": ["cluster", "dev"]}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PIN = re.compile(r"([a-z0-9-]+)==(\S+) \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")


def pins(lock: str) -> dict[str, str]:
    """Package names and their versions."""
    found = (PIN.fullmatch(line) for line in (ROOT / lock).read_text().splitlines())
    return {pin[1]: pin[2] for pin in found if pin}


def asked_for(lock: str) -> list[Requirement]:
    """What pyproject.toml asks for by name."""
    wanted = PROJECT["build-system"]["requires"] + PROJECT["project"]["dependencies"]
    for extra in EXTRAS.get(lock, []):
        wanted += PROJECT["project"]["optional-dependencies"][extra]
    return [Requirement(line) for line in wanted]


def needed(lock: str) -> dict[str, list[Requirement]]:
    """Every package that is needed, directly or not, and what is asked of it."""
    found: dict[str, list[Requirement]] = {}
    followed: set[tuple[str, str]] = set()
    open_ends = asked_for(lock)
    while open_ends:
        requirement = open_ends.pop()
        name = canonicalize_name(requirement.name)
        found.setdefault(name, []).append(requirement)
        for extra in {"", *requirement.extras}:
            if (name, extra) not in followed:
                followed.add((name, extra))
                open_ends += asked_by(name, extra)
    return found


def asked_by(package: str, extra: str) -> list[Requirement]:
    """What an installed package asks for; nothing is known of one that is not installed."""
    try:
        wanted = map(Requirement, distribution(package).requires or [])
    except PackageNotFoundError:
        return []
    machine = {**lock_machine(), "extra": extra}
    return [child for child in wanted if child.marker is None or child.marker.evaluate(machine)]


def lock_machine() -> dict[str, str]:
    """The machine for which the lock was resolved: Linux and the oldest Python supported."""
    return {
        **{name: str(fact) for name, fact in default_environment().items()},
        "python_version": "3.11",
        "python_full_version": "3.11.0",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "os_name": "posix",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "platform_machine": "x86_64",
    }


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_names_versions_and_hashes_and_nothing_else(lock: str) -> None:
    lines = (ROOT / lock).read_text().splitlines()
    assert lines[0] == "# Made by scripts/lock."
    assert [
        line for line in lines[1:] if not PIN.fullmatch(line) and not HASH.fullmatch(line)
    ] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_is_followed_by_a_hash(lock: str) -> None:
    lines = (ROOT / lock).read_text().splitlines()[1:]
    after_pins = [lines[at + 1] for at, line in enumerate(lines) if PIN.fullmatch(line)]
    assert after_pins
    assert all(HASH.fullmatch(line) for line in after_pins)


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_exactly_what_the_project_needs(lock: str) -> None:
    assert sorted(pins(lock)) == sorted(needed(lock)), "run scripts/lock"


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pinned_version_is_one_that_is_allowed(lock: str) -> None:
    wrong = [
        str(requirement)
        for name, requirements in needed(lock).items()
        for requirement in requirements
        if not requirement.specifier.contains(pins(lock).get(name, ""), prereleases=True)
    ]
    assert wrong == [], "run scripts/lock"


def test_both_locks_agree() -> None:
    development = pins("requirements-dev.lock")
    assert {name: development.get(name) for name in pins("requirements.lock")} == pins(
        "requirements.lock"
    )


def test_what_is_installed_is_what_is_locked() -> None:
    locked = pins("requirements-dev.lock")
    assert {name: distribution(name).version for name in locked} == locked
