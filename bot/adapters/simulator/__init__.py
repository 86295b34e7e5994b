"""A deterministic inverse-perpetual venue that lives in this process."""
