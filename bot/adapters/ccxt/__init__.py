"""Real venues, through the unmodified ccxt client."""
