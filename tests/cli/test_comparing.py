"""``scripts/compare``: rules side by side, on a file or on random paths."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.cli.comparing import app
from bot.cli.main import main
from tests.cli.conftest import Said
from tests.cli.test_replay import write_history

QUICK = ("--window", "6h", "--cores", "1")


def compared(capsys: pytest.CaptureFixture[str], *arguments: object) -> Said:
    capsys.readouterr()
    code = main([str(argument) for argument in arguments], app, "scripts/compare")
    said = capsys.readouterr()
    return Said(code, said.out, said.err)


def test_every_rule_has_a_row_and_so_has_the_playbook(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    said = compared(capsys, write_history(tmp_path), *QUICK, "--bands", "auto,2%", "--html", page)
    assert (said.code, said.err) == (0, "")
    for text in (
        "prices.csv: 1 windows of 0.25 days",
        "no hedge",
        "full hedge",
        "spot wallet only, band 1 %",
        "constant ratio 50 %, band auto",
        "constant ratio 50 %, band 2 %",
        "Section 6 A",
        f"The page is {page}.",
    ):
        assert text in said.out
    assert page.is_file()


def test_without_a_file_the_paths_are_random_and_the_document_says_which(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = compared(capsys, *QUICK, "--paths", 3, "--seed", 7, "--asset", "eth", "--json")
    document = said.document
    assert document["prices"] == "3 random paths of ETH over 0.25 days, seed 7"
    alone, full, naive = document["rules"][:3]
    assert (alone["orders"], full["orders"]) == (0, 1)
    assert naive["rule"] == "spot wallet only"
    assert [one["scenario"][:11] for one in document["scenarios"]] == [
        "Section 6 A",
        "Section 6 B",
        "Section 2.1",
        "Section 4.2",
    ]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--asset", "SOL"), "--asset"),
        (("--bands", "auto,wide"), "--bands: 'wide'"),
        (("--bands", ""), "--bands: ''"),
        (("--ratio", "2"), "--ratio: '2'"),
        (("--collateral", "6"), "--collateral: 6 BTC"),
        (("--window", "10m"), "--window: random paths have a step an hour"),
        (("--paths", "0"), "--paths: '0'"),
        (("nowhere.csv",), "nowhere.csv: there is no such file"),
        (("--html", "nowhere/page.html"), "--html: there is no folder nowhere"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence(
    capsys: pytest.CaptureFixture[str], options: tuple[str, ...], told: str
) -> None:
    said = compared(capsys, *options)
    assert (said.code, said.out, len(said.sentences)) == (2, "", 1), said.err
    assert told in said.err


def test_prices_shorter_than_a_window_are_told(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    said = compared(capsys, write_history(tmp_path), "--window", "90d")
    assert (said.code, len(said.sentences)) == (2, 1)
    assert "no stretch of the prices is as long as 90 days" in said.err
