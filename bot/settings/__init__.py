"""Settings: from files, `.env`, the environment and flags to values that the domain understands.

``load_settings`` checks everything and says every mistake in a sentence of its own; ``effective``
explains what is in effect and why; ``hedge_plans`` turns bags into what the engine works with.
"""

from bot.settings.convert import hedge_plans, risk_limits
from bot.settings.explain import EffectiveSetting, effective
from bot.settings.load import Loaded, load, load_settings, secrets_of
from bot.settings.model import Settings
from bot.settings.sources import default_file

__all__ = [
    "EffectiveSetting",
    "Loaded",
    "Settings",
    "default_file",
    "effective",
    "hedge_plans",
    "load",
    "load_settings",
    "risk_limits",
    "secrets_of",
]
