"""What the bot knows about hedging: values and pure functions, no clock, no log, no await."""
