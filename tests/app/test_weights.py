"""How much of the venue's limit is used up is told, wherever somebody counts."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from bot.adapters.ccxt.binance_exchange import BinanceAccount
from bot.adapters.ccxt.bybit_exchange import BybitAccount
from bot.adapters.ccxt.exchange import budgets_of, open_account
from bot.adapters.ccxt.okx_exchange import OkxAccount
from bot.adapters.ccxt.spec import VenueAccount
from bot.adapters.ccxt.table_exchange import TableAccount
from bot.adapters.ccxt.table_holdings import HoldingsAccount
from bot.adapters.clock import SystemClock
from bot.app.accounts import account_spec, weights_of
from bot.settings import load_settings
from tests.app.test_wrong_host import SETTINGS
from tests.kit.wire import MAIN, a_wire


async def test_every_budget_of_an_account_is_told_with_its_limit(tmp_path: Path) -> None:
    file = tmp_path / "bot.toml"
    async with a_wire() as wire:
        file.write_text(SETTINGS.format(base=wire.base))
        keys = {
            "HEDGEHOLD_ACCOUNTS__MAIN__TESTNET_API_KEY": MAIN.key,
            "HEDGEHOLD_ACCOUNTS__MAIN__TESTNET_API_SECRET": MAIN.secret,
        }
        settings = load_settings([file], environ=keys, dotenv=None)
        spec = account_spec(settings, "main", may_change=False)
        async with open_account(spec, SystemClock()) as account:
            before = {what: used for _, what, used, _ in weights_of({"main": account})}
            await account.positions()
            after = weights_of({"main": account})
    assert [(name, what, limit) for name, what, _, limit in after] == [
        ("main", "spot", 6_000),
        ("main", "coin", 2_400),
    ]
    used = {what: used for _, what, used, _ in after}
    assert used["coin"] > before["coin"] > 0
    assert used["spot"] == before["spot"]


@pytest.mark.parametrize(
    "kind", [BinanceAccount, BybitAccount, OkxAccount, TableAccount, HoldingsAccount]
)
def test_every_kind_of_account_tells_its_budgets(kind: type) -> None:
    assert isinstance(kind.budgets, property)  # type: ignore[attr-defined]


def test_an_account_where_nobody_counts_has_none() -> None:
    class Uncounted:
        name = "main"

    assert budgets_of(cast("VenueAccount", Uncounted())) == {}
