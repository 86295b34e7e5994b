"""The composition root: settings in, a wired bot out. The one place that knows who stands behind
which port."""

from bot.app.heard import heard
from bot.app.opening import open_bot, open_viewer
from bot.app.wiring import Bot, Viewer

__all__ = ["Bot", "Viewer", "heard", "open_bot", "open_viewer"]
