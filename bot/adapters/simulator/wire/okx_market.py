"""Public questions about what OKX has on offer: time, contracts, pairs, tiers of margin."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from bot.adapters.simulator.wire.call import Call, Json
from bot.adapters.simulator.wire.okx_errors import wrong
from bot.adapters.simulator.wire.okx_words import (
    MODES,
    SPOT,
    SWAP,
    contract_id,
    family,
    kind_asked,
    markets_asked,
    pair_id,
    stamp,
)
from bot.domain.instrument import InversePerpetual
from bot.domain.quantities import HALF, ONE, ZERO, floor_to, plain

_NO_UPPER_END: Final = "100000000"
_LOT: Final = "0.00000001"
_CENT: Final = Decimal("0.01")


def time(call: Call) -> Json:
    """The venue's time."""
    return [{"ts": str(call.now_ms)}]


def status(_call: Call) -> Json:
    """No maintenance is planned."""
    return []


def instruments(call: Call) -> Json:
    """The contracts on offer, or the pairs; of dated contracts and options there are none."""
    kind, wanted = kind_asked(call), call.params.find("instId")
    rows: list[dict[str, object]] = []
    if kind == SWAP:
        rows = [_contract(call, market.spec.instrument) for market in markets_asked(call)]
    elif kind == SPOT:
        rows = [_pair(call, market.spec.instrument) for market in call.assets.values()]
    return [row for row in rows if wanted in (None, row["instId"])]


def _contract(call: Call, instrument: InversePerpetual) -> dict[str, object]:
    largest = plain(instrument.max_contracts)
    return {
        **_blank(call),
        "instType": SWAP,
        "instId": contract_id(instrument),
        "instFamily": family(instrument),
        "uly": family(instrument),
        "settleCcy": instrument.base,
        "ctVal": plain(instrument.contract_usd),
        "ctMult": "1",
        "ctValCcy": "USD",
        "ctType": "inverse",
        "lever": str(max(1, int(HALF / instrument.maintenance[0].rate))),
        "tickSz": plain(instrument.tick_usd),
        "lotSz": plain(instrument.lot_contracts),
        "minSz": plain(instrument.min_contracts),
        "maxLmtSz": largest,
        "maxMktSz": largest,
    }


def _pair(call: Call, instrument: InversePerpetual) -> dict[str, object]:
    return {
        **_blank(call),
        "instType": SPOT,
        "instId": pair_id(instrument),
        "baseCcy": instrument.base,
        "quoteCcy": "USDT",
        "tickSz": plain(instrument.tick_usd),
        "lotSz": _LOT,
        "minSz": "0.00001",
        "maxLmtSz": _NO_UPPER_END,
        "maxMktSz": _NO_UPPER_END,
    }


def _blank(call: Call) -> dict[str, object]:
    empty = "alias baseCcy quoteCcy settleCcy ctVal ctMult ctValCcy ctType expTime instFamily "
    empty += "lever optType stk uly"
    return {
        **dict.fromkeys(empty.split(), ""),
        "category": "1",
        "listTime": stamp(call, call.simulation.market.started_at),
        "ruleType": "normal",
        "state": "live",
    }


def position_tiers(call: Call) -> Json:
    """The tiers of maintenance margin, in contracts at the mark of now."""
    if kind_asked(call) != SWAP or call.params.find("tdMode") not in MODES:
        raise wrong("tdMode")
    rows: list[object] = []
    for market in markets_asked(call):
        instrument, floor = market.spec.instrument, ZERO
        for number, tier in enumerate(instrument.maintenance, start=1):
            cap = _NO_UPPER_END
            if tier.up_to_coin is not None:
                contracts = instrument.contracts(tier.up_to_coin * market.mark_usd)
                cap = plain(floor_to(contracts, instrument.lot_contracts))
            rows.append(
                {
                    "instFamily": family(instrument),
                    "uly": family(instrument),
                    "instId": "",
                    "tier": str(number),
                    "minSz": plain(floor),
                    "maxSz": cap,
                    "mmr": plain(tier.rate),
                    "imr": plain(tier.rate * 2),
                    "maxLever": plain(max(ONE, (HALF / tier.rate).quantize(_CENT))),
                    "optMgnFactor": "0",
                    "baseMaxLoan": "",
                    "quoteMaxLoan": "",
                }
            )
            floor = Decimal(cap)
    return rows
