"""The live decision code run over historical prices."""
