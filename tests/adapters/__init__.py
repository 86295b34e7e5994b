"""Every adapter against the ports it implements."""
