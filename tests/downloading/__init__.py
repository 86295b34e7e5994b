"""Fetching the past of a coin into a file."""
