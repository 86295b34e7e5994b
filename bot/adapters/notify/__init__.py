"""Tells people of alerts: a queue that never keeps anybody waiting, and Apprise behind it."""
