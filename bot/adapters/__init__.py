"""Everything that touches the world, each package behind a port and blind to the others."""
