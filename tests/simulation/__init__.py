"""The whole daemon in virtual time, under seeds of trouble: ``python -m tests.simulation``."""
