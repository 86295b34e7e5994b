"""``hedgehold plan --what-if``: the odds of a plan, on the screen, as a document and as a page."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Command

CONFIG = Path(__file__).parents[2] / "config" / "dry-run.toml"
PLAN = ("plan", "--config", CONFIG)


def test_the_odds_of_every_bag_stand_in_the_document(hedgehold: Command) -> None:
    said = hedgehold(*PLAN, "--what-if", "2d", "--paths", 60, "--seed", 5, "--json")
    assert (said.code, said.err) == (0, "")
    btc, eth = (bag["what_if"] for bag in said.document["bags"])
    assert (btc["days"], btc["paths"], btc["seed"]) == (2, 60, 5)
    assert btc["start_usd"] == pytest.approx(300_000, rel=1e-3)
    assert abs(btc["change_usd"]["p05"]) < abs(btc["unhedged_change_usd"]["p05"])
    assert eth["start_usd"] == pytest.approx(150_000, rel=1e-3)
    assert 0 <= btc["liquidated_share"] <= 1
    again = hedgehold(*PLAN, "--what-if", "2d", "--paths", 60, "--seed", 5, "--json")
    assert again.document["bags"][0]["what_if"]["change_usd"] == btc["change_usd"]


def test_a_plan_without_the_question_has_no_odds(hedgehold: Command) -> None:
    assert "what_if" not in hedgehold(*PLAN, "--json").document["bags"][0]


def test_people_get_a_table_and_a_page(hedgehold: Command, tmp_path: Path) -> None:
    page = tmp_path / "odds.html"
    said = hedgehold(*PLAN, "--what-if", "1d", "--paths", 40, "--html", page)
    assert (said.code, said.err) == (0, "")
    for text in ("What may become of btc in 1 days, 40 paths", "CVaR 5 %", "of paths", str(page)):
        assert text in said.out
    assert "where the paths end" in page.read_text()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--what-if", "soon"), "--what-if: 'soon' is not a length of time"),
        (("--what-if", "30m"), "--what-if: '30m' is not between 1h and 1825d"),
        (("--what-if", "90d", "--paths", "0"), "--paths: '0'"),
        (("--what-if", "90d", "--paths", "2000000"), "--paths: 2,000,000 are too many"),
        (("--what-if", "90d", "--seed", "x"), "--seed: 'x'"),
        (("--paths", "10"), "--paths: it belongs to --what-if"),
        (("--html", "page.html"), "--html: it belongs to --what-if"),
    ],
)
def test_a_question_that_cannot_be_meant_is_one_sentence(
    hedgehold: Command, options: tuple[str, ...], told: str
) -> None:
    said = hedgehold(*PLAN, *options)
    assert (said.code, said.out, len(said.sentences)) == (2, "", 1), said.err
    assert told in said.err
