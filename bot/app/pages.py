"""What the pages say, from what is in memory: nothing is asked of a venue or of the journal."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from bot.adapters.http import JSON, Page, Pages, said
from bot.adapters.metrics import CONTENT_TYPE, Doors, Metrics, Weight
from bot.app.voice import Latest
from bot.app.wiring import Bot
from bot.domain.documents import jsonable
from bot.engine.standing import BagName, Standing, Ways, bag_standing, patience_s, standing_fields
from bot.logs import Redaction
from bot.settings import secrets_of

NOT_NOW: Final = 503


def pages_of(bot: Bot, metrics: Metrics) -> Pages:
    """Every page of a bot by its path."""
    redact, latest = Redaction(secrets_of(bot.settings)).text, bot.voice.latest

    def status() -> Page:
        text = json.dumps(jsonable(standing_fields(standing_now(bot, latest))), ensure_ascii=False)
        return Page(redact(text).encode(), JSON)

    return {
        "/healthz": lambda: health(bot),
        "/readyz": lambda: readiness(bot, latest),
        "/metrics": lambda: Page(metrics.text(), CONTENT_TYPE),
        "/status": status,
    }


def health(bot: Bot) -> Page:
    """Whether every loop lives. That this answers at all says that the process does."""
    stuck = sum(1 for pulse in bot.pulses if not pulse.is_alive)
    if stuck:
        loops = "a loop makes" if stuck == 1 else f"{stuck} loops make"
        return said(f"{loops} no progress; see watchdog.patience_s in the settings", NOT_NOW)
    return said("ok")


def readiness(bot: Bot, latest: Latest) -> Page:
    """Whether every bag had a good cycle lately."""
    limit = bot.settings.http.max_cycle_age_s
    most_s = patience_s(bot.settings.real_interval_s) if limit is None else float(limit)
    wrong = []
    for desk in bot.desks:
        for bag in desk.bags:
            name = bag.plan.bag.name
            good_s = latest.good_s.get(name)
            if good_s is None:
                wrong.append(f"{name} had no good cycle yet")
                continue
            age_s = latest.steady() - good_s
            if age_s > most_s:
                wrong.append(
                    f"the last good cycle of {name} is {age_s:.0f} s old, the limit is {most_s:g} s"
                )
    return said("; ".join(wrong), NOT_NOW) if wrong else said("ok")


def standing_now(bot: Bot, latest: Latest) -> Standing:
    """What `hedgehold status` would say, without the journal."""
    settings, now = bot.settings, datetime.now(UTC)
    controls = tuple(dict.fromkeys(control for desk in bot.desks for control in desk.controls))
    interval_s = settings.real_interval_s
    bags = []
    for bag in settings.bags:
        record, written_at = latest.records.get(bag.name, (None, None))
        named = BagName(bag.name, bag.asset, bag.hedge.account)
        bags.append(
            bag_standing(named, record, written_at, controls, interval_s=interval_s, now=now)
        )
    return Standing(
        tuple(bags),
        controls,
        tuple(order for desk in bot.desks for order in desk.in_doubt),
        interval_s,
        Ways(settings.http.address, settings.notify.schemes),
    )


def doors_of(bot: Bot) -> Doors:
    """Where the metrics look up what no record tells."""

    def funding_paid_coin() -> Mapping[str, Decimal]:
        return {
            bag.plan.bag.name: -bag.tally.total().coin.funding
            for desk in bot.desks
            for bag in desk.bags
        }

    def orders_in_doubt() -> Mapping[str, int]:
        found = Counter({account: 0 for desk in bot.desks for account in desk.markets()})
        for desk in bot.desks:
            found.update(order.intent.account for order in desk.in_doubt)
        return found

    def weights() -> tuple[Weight, ...]:
        return tuple(Weight(*one) for one in bot.weights())

    return Doors(funding_paid_coin, orders_in_doubt, weights, bot.voice.messages)
