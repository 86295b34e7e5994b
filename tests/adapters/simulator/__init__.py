"""The simulated venue: what a customer of it may rely on."""
