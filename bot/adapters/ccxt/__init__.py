"""Real venues, through the unmodified ccxt client."""

from bot.adapters.ccxt.lean_import import defer_packages

defer_packages()
