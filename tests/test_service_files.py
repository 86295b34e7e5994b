"""The unit of systemd and the Dockerfile: what they promise, as far as that can be seen without
installing anything."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "scripts" / "install-service"


def install(*options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SCRIPT, *(str(option) for option in options)],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    """A folder with something in the program's place."""
    program = tmp_path / "opt" / "bin" / "hedgehold"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return tmp_path / "opt"


def printed(*options: object) -> dict[str, list[str]]:
    """The lines of the printed unit by their names."""
    done = install("--print", *options)
    assert (done.returncode, done.stderr) == (0, "")
    found: dict[str, list[str]] = {}
    for line in done.stdout.splitlines():
        if "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


@pytest.mark.parametrize("options", [(), ("--live",), ("--name", "second-bot")])
def test_systemd_finds_nothing_wrong_with_the_unit(
    prefix: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("there is no systemd-analyze")
    file = tmp_path / "hedgehold.service"
    file.write_text(install("--print", "--prefix", prefix, *options).stdout)
    done = subprocess.run(
        ["systemd-analyze", "verify", str(file)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_service_is_hardened_and_tried_again_whatever_it_ended_with() -> None:
    unit = printed()
    wanted = {
        "Type": "notify",
        "User": "hedgehold",
        "StateDirectoryMode": "0700",
        "UMask": "0077",
        "LimitCORE": "0",
        "Restart": "on-failure",
        "StartLimitIntervalSec": "0",
        "WatchdogSec": "60s",
        "NoNewPrivileges": "yes",
        "ProtectSystem": "strict",
        "ProtectHome": "yes",
        "PrivateTmp": "yes",
        "CapabilityBoundingSet": "",
        "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX",
        "LoadCredential": "hedgehold.env:/etc/hedgehold/hedgehold.env",
    }
    assert {name: unit[name] for name in wanted} == {name: [held] for name, held in wanted.items()}
    assert "RestartPreventExitStatus" not in unit, (
        "a lease of a machine that is gone ends by itself"
    )
    assert unit["SystemCallFilter"] == ["@system-service", "~@privileged"]
    (start,) = unit["ExecStart"]
    assert start == (
        "/opt/hedgehold/bin/hedgehold run --config /etc/hedgehold/hedgehold.toml --log-format json"
    )


def test_real_coins_are_traded_only_when_asked_for_and_after_a_check() -> None:
    assert "ExecStartPre" not in printed()
    unit = printed("--live")
    assert unit["ExecStart"][0].endswith(" --live")
    assert unit["ExecStartPre"][0].startswith("/opt/hedgehold/bin/hedgehold check --config ")


@pytest.mark.parametrize(
    ("version", "known"), [("systemd 252 (252.1)", False), ("systemd 254 (254.5)", True)]
)
def test_growing_delays_are_asked_of_a_systemd_that_knows_them(
    tmp_path: Path, version: str, known: bool
) -> None:
    systemctl = tmp_path / "systemctl"
    systemctl.write_text(f"#!/bin/sh\necho '{version}'\necho '+PAM'\n")
    systemctl.chmod(0o755)
    done = subprocess.run(
        [SCRIPT, "--print"],
        env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ("RestartSteps=7\nRestartMaxDelaySec=5min" in done.stdout) is known


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "Name your settings file with --config"),
        (("--config", "/nowhere.toml"), "/nowhere.toml cannot be read"),
        (("--config",), "--config needs a value"),
        (("--name", "a b", "--print"), "'a b' cannot be a user's name"),
        (("--prefix", "opt", "--print"), "'opt' is not a plain absolute path"),
        (("--start",), "--start is no option"),
    ],
)
def test_a_mistaken_call_gets_one_sentence(options: tuple[str, ...], said: str) -> None:
    done = install(*options)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_without_a_python_that_the_service_can_see_nothing_is_begun(tmp_path: Path) -> None:
    (tmp_path / "my.toml").touch()
    done = subprocess.run(
        [SCRIPT, "--config", tmp_path / "my.toml", "--root", tmp_path / "stage"],
        env=os.environ | {"PYTHON": "/nowhere/python3"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "The service needs Python 3.11 or newer" in done.stderr
    assert not (tmp_path / "stage").exists()


def test_its_help_is_the_head_of_the_script() -> None:
    done = install("--help")
    assert done.returncode == 0
    assert done.stdout.startswith("Installs Hedgehold as a service of systemd")
    assert "--live" in done.stdout


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions with their arguments, each on one line."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.split()[0], " ".join(line.split()[1:])) for line in lines]


def test_the_image_runs_as_nobody_special_what_the_lock_file_names() -> None:
    found = instructions()
    last_stage = found[max(n for n, (name, _) in enumerate(found) if name == "FROM") :]
    users = [held for name, held in last_stage if name == "USER"]
    assert users == ["10001:10001"]
    assert last_stage.index(("USER", users[0])) < [n for n, _ in last_stage].index("ENTRYPOINT")
    pips = [held for name, held in found if name == "RUN" and "pip install" in held]
    assert "--require-hashes" in pips[0]
    assert "--requirement requirements.lock" in pips[0]
    assert all("--no-deps" in held for held in pips), "nothing comes in beside the lock file"
    assert "--no-build-isolation" in pips[1]
    assert [name for name, _ in found if name == "ADD"] == []
    (base,) = {held.split()[0] for name, held in found if name == "FROM"}
    assert base == "${PYTHON_IMAGE}"
    (image,) = (held.partition("=")[2] for name, held in found if name == "ARG")
    assert re.fullmatch(r"python:3\.\d+-slim-\w+", image), "a version, not whatever is the latest"


def test_no_secret_and_no_journal_reaches_the_builder() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    let_in = {rule[1:] for rule in rules if rule.startswith("!")}
    copied = {
        source
        for name, held in instructions()
        if name == "COPY" and "--from" not in held
        for source in held.split()[:-1]
    }
    assert copied == let_in
    assert not any(fnmatch(".env", name) or name == "var" for name in let_in)
    for name in copied:
        assert (ROOT / name).exists(), name
