"""The simulated venue over HTTP: what a client of the real one may rely on."""
