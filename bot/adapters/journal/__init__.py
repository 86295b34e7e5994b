"""The journal of intents, orders and cycles, in memory or in a database."""
