"""Whole stories of a bag as data: what happens at the venue, and what the bot must do about it."""
