"""Every venue of the table that is opened by it, with what its facts do not say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bot.adapters.ccxt import table_deribit, table_kraken
from bot.adapters.ccxt.table_words import Override

OVERRIDES: Final[Mapping[str, Override]] = {
    "deribit": table_deribit.OVERRIDE,
    "krakenfutures": table_kraken.OVERRIDE,
}
"""By the venue's id in :mod:`bot.adapters.ccxt.venues`."""
