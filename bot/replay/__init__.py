"""The live decision code run over historical prices."""

from bot.replay.bars import Bars
from bot.replay.engines import skip_idle_bars, step_every_bar
from bot.replay.replay import run_bars, run_replay
from bot.replay.report import ReplayReport
from bot.replay.request import BandChoice, PlannedFlow, ReplayRequest
from bot.replay.synthetic import synthetic_bars

__all__ = [
    "BandChoice",
    "Bars",
    "PlannedFlow",
    "ReplayReport",
    "ReplayRequest",
    "run_bars",
    "run_replay",
    "skip_idle_bars",
    "step_every_bar",
    "synthetic_bars",
]
