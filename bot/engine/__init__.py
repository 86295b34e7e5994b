"""The hedging cycle: look, decide, ask the guard, act once, write it down."""
