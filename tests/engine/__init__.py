"""The engine over the simulated venue and a journal in memory, in virtual time."""
