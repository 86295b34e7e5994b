"""The live decision code run over historical prices."""

from bot.replay.bars import Bars
from bot.replay.engines import skip_idle_bars, step_every_bar
from bot.replay.page import write_html
from bot.replay.replay import Progress, run_bars, run_replay
from bot.replay.report import Figures, ReplayReport, RunReport
from bot.replay.request import BandChoice, PlannedFlow, ReplayRequest
from bot.replay.synthetic import synthetic_bars

__all__ = [
    "BandChoice",
    "Bars",
    "Figures",
    "PlannedFlow",
    "Progress",
    "ReplayReport",
    "ReplayRequest",
    "RunReport",
    "run_bars",
    "run_replay",
    "skip_idle_bars",
    "step_every_bar",
    "synthetic_bars",
    "write_html",
]
