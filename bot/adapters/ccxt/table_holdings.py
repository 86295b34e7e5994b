"""An account that shows its coins and no more: any venue that ccxt has, read by its spot wallet."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import ccxt.async_support as ccxt
from yarl import URL

from bot.adapters.ccxt.asking import in_our_words
from bot.adapters.ccxt.budget import Budget
from bot.adapters.ccxt.client import Made, World, make_clients
from bot.adapters.ccxt.spec import AccountSpec, Environment
from bot.adapters.ccxt.table_client import budget_of, weigh
from bot.adapters.ccxt.table_wallets import coin_balances
from bot.adapters.ccxt.venue_facts import Support
from bot.adapters.ccxt.venues import VENUES
from bot.domain.account import Balance, LedgerEntry, Position, Quote, Wallet
from bot.domain.inspection import AccountFacts
from bot.domain.instrument import InversePerpetual
from bot.domain.limits import Approved
from bot.domain.orders import Fill, OrderReport
from bot.domain.quantities import ClientOrderId
from bot.errors import ConfigError, Refused
from bot.ports import Clock

UNKNOWN: Final = "this version knows nothing of its contracts"


class HoldingsAccount:
    """The three ports of an account with coins alone: it has no positions and no contracts, and
    refuses every order with the reason."""

    def __init__(self, spec: AccountSpec, client: Any, budget: Budget, reason: str) -> None:  # noqa: ANN401
        self.name = spec.name
        self._spec = spec
        self._client = client
        self._budget = budget
        self._reason = reason

    @property
    def budgets(self) -> Mapping[str, Budget]:
        """How much may be asked of its hosts."""
        return {"all": self._budget}

    async def balances(self) -> tuple[Balance, ...]:
        """The spot wallet."""
        return await in_our_words(self._balances(), self._budget, operation="balances")

    async def _balances(self) -> tuple[Balance, ...]:
        answer = await self._client.fetch_balance({"type": "spot"})
        return coin_balances(answer, self._spec.assets, Wallet.SPOT, self._spec.venue)

    async def positions(self) -> tuple[Position, ...]:
        """None: nothing is traded here."""
        return ()

    async def open_orders(self) -> tuple[OrderReport, ...]:
        """None: nothing is traded here."""
        return ()

    async def ledger(self, since: datetime) -> tuple[LedgerEntry, ...]:
        """None that could be read in one place: what changes is a flow without an entry."""
        return ()

    async def fills(self, symbol: str, since: datetime) -> tuple[Fill, ...]:
        """None: nothing is traded here."""
        return ()

    async def instruments(self) -> tuple[InversePerpetual, ...]:
        """None that could carry a hedge."""
        return ()

    async def quotes(self, symbols: Collection[str]) -> Mapping[str, Quote]:
        """None: there is no contract."""
        return {}

    async def submit(self, order: Approved) -> OrderReport:
        """Refuse the order with the reason."""
        raise self._refused("submit", order.intent.symbol)

    async def find(self, client_order_id: ClientOrderId, symbol: str) -> OrderReport | None:
        """None: no order was ever sent here."""
        return None

    async def cancel(self, client_order_id: ClientOrderId, symbol: str) -> OrderReport:
        """Refuse it with the reason."""
        raise self._refused("cancel", symbol)

    async def transfer(
        self, asset: str, amount_coin: Decimal, source: Wallet, target: Wallet
    ) -> str | None:
        """Refuse it with the reason: one wallet is known here."""
        raise self._refused("transfer", None)

    async def inspect(self) -> AccountFacts:
        """Nothing that could be told of it in the words of this version."""
        return AccountFacts(
            account_id=None,
            kind="holdings only",
            kind_fault=self._reason,
            may_trade=None,
            may_withdraw=None,
            may_transfer=None,
            is_ip_bound=None,
            hedge_mode=None,
            clock_skew_s=None,
            terms=(),
            contract_faults=(),
        )

    def _refused(self, operation: str, symbol: str | None) -> Refused:
        return Refused(
            f"{self._spec.venue} is good for holdings only: {self._reason}",
            operation=operation,
            symbol=symbol,
        )


@asynccontextmanager
async def open_holdings(
    spec: AccountSpec,
    _clock: Clock,
) -> AsyncIterator[HoldingsAccount]:
    """An account read by its spot wallet alone; closed again at the end. Requests may go wherever
    the client of this venue names a host of its own.

    Raises :class:`bot.errors.ConfigError` for a wallet that is not read here, for a venue that
    ccxt does not have, and for a rehearsal at the venue, of which nothing is known.
    """
    facts = VENUES.get(spec.venue)
    name = spec.venue if facts is None else facts.client
    if name not in ccxt.exchanges:
        raise ConfigError(f"account {spec.name}: ccxt has no venue {spec.venue!r}")
    beyond = sorted(wallet.value for wallet in spec.wallets - {Wallet.SPOT, Wallet.MARGIN})
    if beyond:
        raise ConfigError(
            f"account {spec.name}: the {', '.join(beyond)} wallet of {spec.venue} cannot be read; "
            f"leave it out and declare those coins as external"
        )
    if spec.environment not in (Environment.LIVE, Environment.LOOPBACK):
        raise ConfigError(
            f"account {spec.name}: nothing is known of a {spec.environment.value} of {spec.venue}"
        )
    kind = getattr(ccxt, name)
    reason = facts.reason if facts is not None and facts.support is Support.HOLDINGS else UNKNOWN
    budget = budget_of(kind)
    made = Made(
        kinds=[kind],
        world=World(dict.fromkeys(hosts_of(kind()), budget)),
        weigh=weigh,
        enter=lambda _client, _environment: None,
        needs_password=bool(kind().requiredCredentials.get("password")),
    )
    async with make_clients(spec, made) as (client,):
        yield HoldingsAccount(spec, client, budget, reason)


def hosts_of(client: Any) -> frozenset[str]:  # noqa: ANN401 - ccxt has no types
    """Every host that a client of ccxt names in its own description, without those of a test."""
    found: set[str] = set()

    def gather(value: object) -> None:
        if isinstance(value, Mapping):
            for inner in value.values():
                gather(inner)
        elif isinstance(value, str) and value.startswith("http"):
            host = URL(value.replace("{hostname}", client.hostname or "")).host
            if host:
                found.add(host)

    gather(client.urls.get("api"))
    return frozenset(found)
