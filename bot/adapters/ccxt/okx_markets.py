"""OKX's inverse swaps and their prices, from its raw answers. Pure; strict as :class:`Row` is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from bot.adapters.ccxt.binance_markets import Facts
from bot.adapters.ccxt.spec import FeeRates
from bot.domain.account import Quote
from bot.domain.instrument import InversePerpetual
from bot.domain.margin import MaintenanceTier, fault_in_tiers
from bot.errors import MalformedReport

CAUTION: Final = Decimal(2)
"""OKX counts its tiers in contracts, we in coins. They are turned into coins at a price so many
times as high as today's, because that is where a short may be liquidated: below it, a tier begins
earlier than at OKX, and its margin is never taken for smaller than it is."""

_LONGEST_INTERVAL_S: Final = 7 * 86_400


@dataclass(frozen=True, slots=True)
class Contract:
    """An inverse swap. ``contract_usd`` is its value times its multiplier; ``is_traded`` is False
    where orders are not taken now."""

    market: str  # OKX's own id: BTC-USD-SWAP
    family: str  # also the name of its index: BTC-USD
    symbol: str  # unified: BTC/USD:BTC
    base: str
    contract_usd: Decimal
    is_traded: bool


@dataclass(frozen=True, slots=True)
class Funding:
    """The running funding rate, for the interval that ends at ``due_at``; when it was asked."""

    rate: Decimal
    due_at: datetime
    interval_s: int
    asked_at: datetime


def data(answer: object, where: str) -> tuple[Facts, ...]:
    """The rows in the envelope of an answer. Raises :class:`MalformedReport` for anything else."""
    envelope = Facts(answer, where)
    if envelope.text("code") != "0":
        envelope.malformed("code", f"is {envelope.text('code')}, which is no success")
    return envelope.rows("data")


def single(answer: object, where: str) -> Facts:
    """The only row of an answer."""
    found = data(answer, where)
    if len(found) != 1:
        raise MalformedReport(f"{where}: one row was expected, not {len(found)}")
    return found[0]


def is_inverse(raw: object) -> bool:
    """Whether an instrument is margined and settled in the coin that it is on.

    Those whose id says ``USD_UM`` are not: they are priced in dollars and margined in them too.
    """
    row = Facts(raw, "okx instrument")
    told = {name: row.text(name) if row.has(name) else "" for name in ("ctType", "ctValCcy")}
    if told != {"ctType": "inverse", "ctValCcy": "USD"}:
        return False
    base, _, quote = row.text("uly").partition("-")
    return quote == "USD" and row.text("settleCcy") == base


def contract(symbol: str, raw: object) -> Contract:
    """An inverse swap of ``public/instruments``; ``symbol`` is its unified name."""
    row = Facts(raw, f"okx contract {symbol}")
    family = row.text("uly")
    return Contract(
        market=row.text("instId"),
        family=family,
        symbol=symbol,
        base=family.partition("-")[0],
        contract_usd=row.positive("ctVal") * row.positive("ctMult"),
        is_traded=row.text("state") == "live",
    )


def tiers(answer: object, known: Contract, mark_usd: Decimal) -> tuple[MaintenanceTier, ...]:
    """The maintenance tiers of a contract, from ``public/position-tiers``, in coins at a price of
    :data:`CAUTION` times the mark. OKX asks for the rate of a tier on all of a position."""
    where = f"okx tiers of {known.symbol}"
    listed = sorted(data(answer, where), key=lambda row: row.number("maxSz"))
    found = tuple(
        MaintenanceTier(
            row.positive("maxSz") * known.contract_usd / (CAUTION * mark_usd), row.positive("mmr")
        )
        for row in listed
    )
    fault = fault_in_tiers(found)
    if fault is not None:
        raise MalformedReport(f"{where}: {fault}")
    return found


def fees(answer: object, symbol: str) -> FeeRates:
    """The account's own rates for coin-margined contracts, from ``account/trade-fee``, where what
    is paid is negative."""
    row = single(answer, f"okx fees of {symbol}")
    return FeeRates(-row.number("maker"), -row.number("taker"))


def funding(answer: object, symbol: str, asked_at: datetime) -> Funding:
    """The running rate, from ``public/funding-rate``: the interval is what lies between the next
    settlement and the one after it."""
    row = single(answer, f"okx funding of {symbol}")
    due_at, after = row.moment("fundingTime"), row.moment("nextFundingTime")
    interval_s = int((after - due_at).total_seconds())
    if not 0 < interval_s <= _LONGEST_INTERVAL_S:
        row.malformed("nextFundingTime", f"is {interval_s} s after fundingTime")
    return Funding(row.number("fundingRate"), due_at, interval_s, asked_at)


def instrument(
    known: Contract,
    raw: object,
    maintenance: tuple[MaintenanceTier, ...],
    rates: FeeRates,
    interval_s: int,
) -> InversePerpetual:
    """The contract with everything that an order must respect.

    The largest order is the smaller of what a limit order and what a market order may have.
    """
    row = Facts(raw, f"okx contract {known.symbol}")
    return InversePerpetual(
        symbol=known.symbol,
        base=known.base,
        contract_usd=known.contract_usd,
        tick_usd=row.positive("tickSz"),
        lot_contracts=row.positive("lotSz"),
        min_contracts=row.positive("minSz"),
        max_contracts=min(row.positive("maxLmtSz"), row.positive("maxMktSz")),
        maker_fee_rate=rates.maker,
        taker_fee_rate=rates.taker,
        maintenance=maintenance,
        funding_interval_s=interval_s,
    )


def by_id(answer: object, where: str) -> Mapping[str, Facts]:
    """The rows of an answer by their instrument."""
    return {row.text("instId"): row for row in data(answer, where)}


def quotes(
    marks: Mapping[str, Facts],
    indices: Mapping[str, Facts],
    touches: Mapping[str, Facts] | None,
    rates: Mapping[str, Funding],
    contracts: Collection[Contract],
) -> Mapping[str, Quote]:
    """A quote per contract that has both a mark and an index price, and a touch where it was asked
    for. The moment is that of the older of the two prices."""
    return {
        known.symbol: _quote(
            known,
            marks[known.market],
            indices[known.family],
            None if touches is None else touches[known.market],
            rates.get(known.market),
        )
        for known in contracts
        if known.market in marks
        and known.family in indices
        and (touches is None or known.market in touches)
    }


def _quote(
    known: Contract, mark: Facts, index: Facts, touch: Facts | None, rate: Funding | None
) -> Quote:
    bid_usd, bid_contracts = _side(touch, "bid")
    ask_usd, ask_contracts = _side(touch, "ask")
    last = touch is not None and touch.has("last")
    return Quote(
        symbol=known.symbol,
        at=min(mark.moment("ts"), index.moment("ts")),
        mark_usd=mark.positive("markPx"),
        index_usd=index.positive("idxPx"),
        bid_usd=bid_usd,
        ask_usd=ask_usd,
        last_usd=touch.positive("last") if touch is not None and last else None,
        funding_rate=None if rate is None else rate.rate,
        next_funding_at=None if rate is None else rate.due_at,
        funding_interval_s=None if rate is None else rate.interval_s,
        bid_contracts=bid_contracts,
        ask_contracts=ask_contracts,
    )


def _side(touch: Facts | None, side: str) -> tuple[Decimal | None, Decimal | None]:
    """Price and size at the touch; an empty side of the book is None."""
    if touch is None or not touch.has(f"{side}Px"):
        return None, None
    price_usd, contracts = touch.size(f"{side}Px"), touch.size(f"{side}Sz")
    return (price_usd, contracts) if price_usd and contracts else (None, None)
