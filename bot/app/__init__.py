"""The composition root: settings in, a wired bot out. The one place that knows who stands behind
which port."""

from bot.app.viewing import Viewer, open_viewer
from bot.app.wiring import Bot, open_bot

__all__ = ["Bot", "Viewer", "open_bot", "open_viewer"]
