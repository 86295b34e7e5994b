"""How a story is told: the bot as the settings put it together, and what befalls it on the way.

Beside what the simulated venue can do, a story may have of each any number:

* ``restarts_after``: cycles after which a new process begins, from venue and journal alone
* ``[[kills]]``: the process dies in a ``cycle``, ``when`` (before or after) a ``call`` such as
  "main.submit" or "journal.record"; the next cycle is another process's. With ``host`` it ends
  because the call was about to go there
* ``[[bends]]``: an ``answer`` such as "main.positions" is bent, from one cycle until another (see
  :data:`BENDS`)
* ``[[words]]``: a person's ``state`` for all bags (or a ``scope``), given before a ``cycle``
* ``[changed]``: ``settings`` of the processes that begin ``after`` a cycle, and a figure of the
  ``contract`` that is no longer what was agreed to
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, cast

from bot.adapters.ccxt.equity import read_margin_coins
from bot.adapters.ccxt.faces import read_leg
from bot.adapters.clock import VirtualClock
from bot.adapters.journal import MemoryJournal
from bot.adapters.simulator.exchange import SimulatedVenue
from bot.app.dry_run import account_ports, rehearsal_plans
from bot.app.rehearsal import venue_spec
from bot.app.wiring import open_desks
from bot.domain.account import Balance, Position, Wallet
from bot.domain.instrument import ContractChange
from bot.domain.limits import TradingState
from bot.domain.orders import is_ours
from bot.domain.records import EVERYTHING, Control, CycleRecord
from bot.engine.cycle import run_cycle
from bot.engine.desk import Desk
from bot.engine.observe import AccountPorts
from bot.engine.summary import BagSummary, summarise
from bot.errors import ForbiddenHost
from bot.settings import Settings, load_settings
from tests.kit.domain import NOON
from tests.kit.engine import Call, Door, Stopped, Told, Watch

USUAL: Final = """
[accounts.main]
venue = "simulator"
leverage = 5
[[bags]]
name = "savings"
asset = "BTC"
holdings = [{ account = "main", wallets = ["spot"] }]
hedge = { account = "main" }
target = { kind = "full" }
execution = { max_slice_usd = "off" }
[limits]
max_order_usd = "off"
[simulator]
start = 2026-01-01T12:00:00Z
[simulator.wallets.main]
spot = { BTC = 5 }
margin = { BTC = 5 }
[simulator.markets.BTC]
path = { kind = "script", points = [[0, 50_000]], funding_rate = 0 }
book = { first_usd = 50_000_000 }
"""
"""Ten coins at a steady 50,000 dollars, hedged whole, in a deep market without funding."""


def _parts(share: Decimal) -> Callable[[Any], Any]:
    def bend(positions: Any) -> Any:
        return tuple(
            replace(p, contracts=p.contracts * share, face_usd=p.face_usd * share)
            for p in positions
        )

    return bend


def _as_linear(positions: tuple[Position, ...]) -> None:
    """Bybit's rows, with the worth of a linear contract in place of an inverse one's."""
    for held in positions:
        size_usd = abs(held.face_usd)
        row = {
            "symbol": "BTCUSD",
            "positionIdx": "0",
            "side": "Sell" if held.face_usd < 0 else "Buy",
            "size": str(size_usd),
            "avgPrice": str(held.entry_usd),
            "markPrice": str(held.mark_usd),
            "positionValue": str(size_usd * held.mark_usd),
        }
        read_leg("bybit", row, Decimal(1))


def _equity_as_wallet(balances: tuple[Balance, ...]) -> None:
    """Bybit's entries, with a profit of a coin counted into the wallet and told beside it."""
    for held in balances:
        with_profit = str(held.total_coin + 1)
        entry = {"coin": held.asset, "walletBalance": with_profit, "equity": with_profit}
        if held.wallet is Wallet.MARGIN:
            read_margin_coins("bybit", {**entry, "unrealisedPnl": "1"})


def _paid_every(interval_s: int) -> Callable[[Any], Any]:
    def bend(quotes: Any) -> Any:
        return {s: replace(q, funding_interval_s=interval_s) for s, q in quotes.items()}

    return bend


BENDS: Final[dict[str, Callable[[Any], Any]]] = {
    "nothing": lambda answer: (),
    "twice": lambda answer: answer + answer,
    "only-ours": lambda fills: tuple(f for f in fills if is_ours(f.client_order_id)),
    "half": _parts(Decimal("0.5")),
    "no-margin-figure": lambda balances: tuple(replace(b, used_coin=None) for b in balances),
    "no-bound-margin": lambda balances: tuple(replace(b, used_coin=Decimal(0)) for b in balances),
    "as-linear": _as_linear,
    "equity-as-wallet": _equity_as_wallet,
    "every-four-hours": _paid_every(4 * 3_600),
}
"""What can be done to an answer: an empty list, every row twice, no trade but ours, half of a
position, balances that do not say what is bound, or say that nothing is; quotes of a contract that
pays its funding every four hours. Two are read by the reader of a real venue, which refuses them: a
position with the worth of a linear contract, and an equity in place of the wallet."""


class Fate(Watch):
    """What befalls the process that runs now, by the number of the cycle."""

    def __init__(self, story: dict[str, Any]) -> None:
        super().__init__()
        self.kills: list[dict[str, Any]] = story.get("kills", [])
        self.bends: list[dict[str, Any]] = story.get("bends", [])
        self.cycle = 0

    async def before(self, call: Call) -> None:
        self._perhaps_die(call, "before")

    async def after(self, call: Call, answer: Any) -> Any:
        self._perhaps_die(call, "after")
        for bend in self.bends:
            first, end = bend["cycles"]
            if bend["answer"] == str(call) and first <= self.cycle < end:
                answer = BENDS[bend["how"]](answer)
        return answer

    def _perhaps_die(self, call: Call, when: str) -> None:
        for kill in self.kills:
            if (kill["cycle"], kill["call"], kill["when"]) == (self.cycle, str(call), when):
                self.kills = [other for other in self.kills if other is not kill]
                if "host" in kill:
                    raise ForbiddenHost(f"{kill['host']} is no host of this environment")
                raise Stopped


@dataclass
class Ending:
    """What came of a story. ``deaths`` are the cycles in which a process died."""

    venue: SimulatedVenue
    journal: MemoryJournal
    told: Told
    records: list[CycleRecord] = field(default_factory=list)
    deaths: list[int] = field(default_factory=list)
    bag: BagSummary | None = None


def settings_of(story: dict[str, Any], folder: Path, *more: dict[str, Any]) -> Settings:
    """The usual settings under those of the story."""
    (folder / "usual.toml").write_text(USUAL, encoding="utf-8")
    flags = dict(_flat(story.get("settings", {})))
    for tree in more:
        flags |= dict(_flat(tree))
    return load_settings([folder / "usual.toml"], flags, environ={}, dotenv=None)


def _flat(tree: dict[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Settings by dotted key."""
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value


async def tell(story: dict[str, Any], folder: Path) -> Ending:
    """Run a story's cycles, each process from nothing but venue and journal."""
    settings = settings_of(story, folder)
    changed = story.get("changed", {})
    later = settings_of(story, folder, changed.get("settings", {}))
    spec = venue_spec(settings)
    clock = VirtualClock(NOON)
    venue = SimulatedVenue(spec, clock)
    end = Ending(venue, MemoryJournal(), Told())
    fate = Fate(story)

    async def process(number: int) -> Desk:
        own = later if number >= changed.get("after", story["cycles"] + 1) else settings
        ports = {
            name: replace(_watched(name, doors, fate), contract_changes=_changes(story, number))
            for name, doors in account_ports(venue, own).items()
        }
        journal = cast("Any", Door(end.journal, "journal", fate))
        plans = rehearsal_plans(own, spec)
        (desk,) = await open_desks(own, plans, ports, journal, clock, end.told)
        desk.notifier = end.told
        return desk

    desk = await process(0)
    for number in range(story["cycles"]):
        fate.cycle = number
        if number in story.get("restarts_after", []):
            desk = await process(number)
        for word in story.get("words", []):
            if word["cycle"] == number:
                state = TradingState(word["state"])
                await end.journal.set_control(
                    Control(
                        word.get("scope", EVERYTHING), state, "by hand", "a person", clock.now()
                    )
                )
        try:
            end.records += await run_cycle(desk)
        except (Stopped, ForbiddenHost):
            end.deaths.append(number)
            desk = await process(number + 1)
        clock.advance(story.get("every_s", 60))
    end.bag = summarise(desk.bags, cycles=0).bags[0]
    return end


def _changes(story: dict[str, Any], number: int) -> tuple[ContractChange, ...]:
    """What of the contract has changed for the process that begins with this cycle."""
    changed = story.get("changed", {})
    if "contract" not in changed or number < changed["after"]:
        return ()
    return (ContractChange(**changed["contract"]),)


def _watched(name: str, doors: AccountPorts, fate: Fate) -> AccountPorts:
    door = cast("Any", Door(doors.reader, name, fate))
    return replace(doors, reader=door, market=door, gateway=door, mover=door)
