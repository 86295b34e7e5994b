"""A person's word for coins on their way: listed, settled once, with a reason that is kept."""

import asyncio
import json
from decimal import Decimal
from pathlib import Path

import pytest

from bot.adapters.journal import open_journal
from bot.domain.account import Wallet
from bot.domain.records import Transfer, TransferStatus
from tests.cli.conftest import Command, Said
from tests.cli.journals import write_settings
from tests.kit.domain import NOON

URL = "sqlite:///journal.db"
NAME = "margin.savings.1"
MOVED = Transfer(
    transfer_id=NAME,
    account="main",
    asset="BTC",
    amount_coin=Decimal("0.25"),
    source=Wallet.SPOT,
    destination=Wallet.MARGIN,
    status=TransferStatus.SENT,
    at=NOON,
    note="the price was 12 % from liquidation",
    source_before_coin=Decimal(1),
    destination_before_coin=Decimal(1),
)


@pytest.fixture
def told(hedgehold: Command, tmp_path: Path) -> Command:
    """Run `settle` over a journal with one transfer in doubt."""
    path = write_settings(tmp_path)

    async def write() -> None:
        async with open_journal(URL, writer=True) as journal:
            await journal.write_transfer(MOVED)

    asyncio.run(write())

    def tell(*options: object) -> Said:
        return hedgehold("settle", "--config", path, *options)

    return tell


def kept() -> Transfer:
    """The transfer as the journal has it."""

    async def read() -> Transfer:
        async with open_journal(URL, writer=False) as journal:
            (found,) = await journal.transfers()
            return found

    return asyncio.run(read())


def test_those_in_doubt_are_listed(told: Command) -> None:
    said = told()
    assert said.code == 0
    words = " ".join(said.out.split())
    assert f"{NAME}: 0.25 BTC from spot to margin of main, 2026-01-01 12:00:00 UTC: sent" in words
    (listed,) = json.loads(told("--json").out)["transfers"]
    assert (listed["transfer_id"], listed["amount_coin"]) == (NAME, "0.25")
    assert kept() == MOVED


@pytest.mark.parametrize(
    ("word", "status"),
    [("--arrived", TransferStatus.ARRIVED), ("--failed", TransferStatus.FAILED)],
)
def test_a_word_settles_one_and_keeps_the_reason(
    told: Command, word: str, status: TransferStatus
) -> None:
    assert told(NAME, word, "--reason", "seen on the page of the venue").code == 0
    assert kept().status is status
    assert "seen on the page of the venue" in kept().note
    assert "No coins are on their way." in told().out
    again = told(NAME, word, "--reason", "once more")
    assert again.code == 2
    assert again.err == f"there is no transfer {NAME!r} in doubt\n"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ((NAME, "--reason", "r"), f"{NAME}: say what became of it: either --arrived or --failed"),
        (
            (NAME, "--arrived", "--failed", "--reason", "r"),
            f"{NAME}: say what became of it: either --arrived or --failed",
        ),
        (
            (NAME, "--arrived"),
            "--reason: say in your words what you saw at the venue; it is kept",
        ),
        (
            ("--failed", "--reason", "r"),
            "which transfer? Name its id; `hedgehold settle` lists those in doubt",
        ),
        (("m9", "--failed", "--reason", "r"), "there is no transfer 'm9' in doubt"),
    ],
)
def test_half_a_word_settles_nothing(
    told: Command, options: tuple[str, ...], sentence: str
) -> None:
    said = told(*options)
    assert (said.code, said.err) == (2, f"{sentence}\n")
    assert kept() == MOVED
