"""The journal of intents, orders and cycles, in memory or in a database."""

from bot.adapters.journal.memory import MemoryJournal
from bot.adapters.journal.opening import open_journal

__all__ = ["MemoryJournal", "open_journal"]
