"""Every venue of the table that is opened by it, with what its facts do not say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bot.adapters.ccxt import (
    table_bingx,
    table_bitget,
    table_deribit,
    table_gate,
    table_htx,
    table_kraken,
    table_kucoin,
    table_mexc,
    table_phemex,
)
from bot.adapters.ccxt.table_override import Override

OVERRIDES: Final[Mapping[str, Override]] = {
    "deribit": table_deribit.OVERRIDE,
    "krakenfutures": table_kraken.OVERRIDE,
    "bingx": table_bingx.OVERRIDE,
    "mexc": table_mexc.OVERRIDE,
    "gate": table_gate.OVERRIDE,
    "kucoinfutures": table_kucoin.OVERRIDE,
    "htx": table_htx.OVERRIDE,
    "phemex": table_phemex.OVERRIDE,
    "bitget": table_bitget.OVERRIDE,
}
"""By the venue's id in :mod:`bot.adapters.ccxt.venues`."""
