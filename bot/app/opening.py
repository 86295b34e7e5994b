"""Which kind of bot the settings ask for. Each loads what it needs and no more."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from bot.app.heard import failure
from bot.app.permits import permit
from bot.app.voice import open_voice
from bot.app.wiring import Bot, Viewer
from bot.errors import JournalLocked
from bot.settings import Settings
from bot.settings.model import Mode


@asynccontextmanager
async def open_bot(
    settings: Settings, *, fresh: bool = False, pretty: bool = False, live: bool = False
) -> AsyncIterator[Bot]:
    """A bot with its journal locked and migrated, and its venues where they were left.

    ``fresh`` forgets a rehearsal's journal and simulated venue first. ``pretty`` writes its lines
    for people. ``live`` is the caller's word that real coins may be traded. Raises
    :class:`bot.errors.ConfigError`, :class:`bot.errors.JournalLocked` and
    :class:`bot.errors.JournalError` before anything is traded, and what real venues raise.
    """
    permit(settings, fresh=fresh, live=live)
    async with open_voice(settings, pretty=pretty) as voice, AsyncExitStack() as stack:
        if settings.mode is Mode.DRY_RUN:
            from bot.app.dry_run import open_dry_run

            opened = open_dry_run(settings, fresh=fresh, voice=voice)
        else:
            from bot.app.real import open_real  # ccxt takes a third of a second and 30 MiB

            opened = open_real(settings, fresh=fresh, voice=voice)
        try:
            bot = await stack.enter_async_context(opened)
        except Exception as error:
            # Nobody may be looking at the screen. Where another bot runs, all is well.
            if voice.messenger is not None and not isinstance(error, JournalLocked):
                await voice.messenger.notify(failure(error, "nothing is hedged before it starts"))
            raise
        yield bot


@asynccontextmanager
async def open_viewer(settings: Settings) -> AsyncIterator[Viewer]:
    """A bot without hands: what it would do now, with nothing sent and nothing written.

    Raises :class:`bot.errors.ConfigError` and :class:`bot.errors.JournalError`, and what real
    venues raise.
    """
    if settings.mode is Mode.DRY_RUN:
        from bot.app.dry_run import open_dry_view

        opened = open_dry_view(settings)
    else:
        from bot.app.real import open_real_view  # ccxt takes a third of a second and 30 MiB

        opened = open_real_view(settings)
    async with opened as viewer:
        yield viewer
