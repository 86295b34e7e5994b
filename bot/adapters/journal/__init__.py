"""The journal of intents, orders and cycles, in memory or in a database."""

from bot.adapters.journal.database import DatabaseJournal, open_journal
from bot.adapters.journal.memory import MemoryJournal

__all__ = ["DatabaseJournal", "MemoryJournal", "open_journal"]
