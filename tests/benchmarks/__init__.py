"""How fast the hot paths are and how small the idle daemon is: ``python -m tests.benchmarks``.

Every figure is taken in several rounds, each in turn with something to compare it with, so that the
ratio of the two holds on a machine whose speed drifts.
"""
