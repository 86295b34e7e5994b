"""A run as others hear of it: that it begins, how it ends, and pages to look at meanwhile.

Everything here is beside the cycles: what fails or takes long is noted, and trading goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager

import structlog

from bot.app.running_mark import clear_mark, mark_of, set_mark
from bot.app.wiring import Bot
from bot.domain.alerts import (
    BOT_FAILED,
    BOT_STARTED,
    BOT_STOPPED,
    EVERYBODY,
    STARTED_AFTER_CRASH,
    Alert,
)
from bot.engine.publish import announce
from bot.engine.summary import summarise
from bot.errors import BotError

_log = structlog.get_logger("hedgehold")


@asynccontextmanager
async def heard(bot: Bot) -> AsyncIterator[None]:
    """Tell that the bot runs and how that ends, and serve its pages meanwhile.

    Raises :class:`bot.errors.ConfigError` where the port of the pages cannot be had.
    """
    async with AsyncExitStack() as stack:
        if bot.voice.metrics is not None:
            await _open_pages(bot, stack)
        mark = mark_of(bot.settings)
        left = set_mark(mark)
        await _tell_begin(bot, left)
        try:
            yield
        except BaseException as error:
            await announce(bot.voice.notifier, failure(error, standing_words(bot)))
            raise
        await announce(
            bot.voice.notifier,
            Alert(BOT_STOPPED, EVERYBODY, "it was asked to stop", standing_words(bot)),
        )
        clear_mark(mark)


async def _open_pages(bot: Bot, stack: AsyncExitStack) -> None:
    from bot.adapters.http import serve_pages
    from bot.app.pages import doors_of, pages_of

    metrics, http = bot.voice.metrics, bot.settings.http
    if metrics is None or http.port is None:
        return
    metrics.doors = doors_of(bot)
    pages = pages_of(bot, metrics)
    address = await stack.enter_async_context(
        serve_pages(pages, host=http.host, port=http.port, called=http.called)
    )
    _log.info("pages", address=address, paths=sorted(pages))


async def _tell_begin(bot: Bot, left: str | None) -> None:
    """That the bot starts, and that the last run did not end well where that is so."""
    bags = ", ".join(bag.plan.bag.name for desk in bot.desks for bag in desk.bags)
    mode = bot.settings.mode.value
    happened = f"it runs in the mode {mode}, with {bags}"
    await announce(
        bot.voice.notifier,
        Alert(BOT_STARTED, EVERYBODY, happened, "it looks, and hedges what is to be hedged"),
    )
    if left is not None:
        happened = f"the run that began {left}, did not end by a stop"
        did = "it looks up what was under way then, before it sends anything"
        await announce(bot.voice.notifier, Alert(STARTED_AFTER_CRASH, EVERYBODY, happened, did))


def failure(error: BaseException, did: str) -> Alert:
    """The alert about an end that nobody asked for. Of an error that is not ours only its type is
    told: its text may quote a secret."""
    causes = dict.fromkeys(_words(one) for one in _single(error))
    return Alert(BOT_FAILED, EVERYBODY, f"it ends: {'; '.join(causes)}".rstrip("."), did)


def _words(error: BaseException) -> str:
    if isinstance(error, (KeyboardInterrupt, asyncio.CancelledError)):
        return "somebody interrupted it"
    return str(error) if isinstance(error, BotError) else type(error).__name__


def _single(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _single(inner)
    else:
        yield error


def standing_words(bot: Bot) -> str:
    """Where the bot leaves the hedge."""
    words = [
        f"{bag.name} was not seen, whatever short it has stays open"
        if bag.short_usd is None
        else f"the short of {bag.name} stays open with {bag.short_usd:,.0f} USD"
        if bag.short_usd
        else f"{bag.name} has no short"
        for bag in summarise((bag for desk in bot.desks for bag in desk.bags), cycles=0).bags
    ]
    return ", ".join(words) or "there is no bag"
