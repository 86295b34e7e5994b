"""The simulated venue's doors: the ports over the simulation, with faults in between.

Every call first lives through all steps that came since the last one. Whatever changed an account
is on disk before the answer leaves.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Final, TypeVar

from bot.adapters.simulator import terms
from bot.adapters.simulator.checks import require_sound
from bot.adapters.simulator.faults import (
    Faults,
    bent_quotes,
    skewed_entry,
    skewed_fill,
    skewed_order,
    spoil_answer,
    stop_request,
)
from bot.adapters.simulator.inspecting import facts_of
from bot.adapters.simulator.saved import take_up_faults, taken_up, written
from bot.adapters.simulator.simulation import Simulation
from bot.adapters.simulator.spec import EventSpec, FaultKind, FaultSpec, VenueSpec
from bot.adapters.simulator.state import fingerprint, read, replace_file, require_same
from bot.domain.account import Balance, LedgerEntry, Position, Quote, Wallet
from bot.domain.inspection import AccountFacts
from bot.domain.instrument import InversePerpetual
from bot.domain.limits import Approved
from bot.domain.orders import Fill, OrderReport
from bot.domain.quantities import ClientOrderId
from bot.errors import ConfigError, RateLimited, Refused, Unavailable
from bot.ports import Clock

Answer = TypeVar("Answer")
Nothing = TypeVar("Nothing")
Strikes = tuple[FaultSpec, ...]

NO_QUOTES: Final[Mapping[str, Quote]] = {}
LAZY_S: Final = 1.0
"""Where only time has passed, the state is written at most so often, in real seconds."""


class SimulatedVenue:
    """A venue in this process: the same spec, clock and calls always give the same answers.

    With a ``state_file`` it goes on from there and writes itself there, unless it is
    ``read_only``. Raises :class:`ConfigError` for a spec that makes no sense and for a file that
    is not its own.
    """

    def __init__(
        self,
        spec: VenueSpec,
        clock: Clock,
        state_file: Path | None = None,
        *,
        read_only: bool = False,
    ) -> None:
        require_sound(spec)
        self._clock = clock
        self._file = None if read_only else state_file
        self._fingerprint = fingerprint(spec)
        self._saved_changes = (-1, 0)
        self._saved_now: datetime | None = None
        self._written_at_s = 0.0
        self.saved_at: datetime | None = None
        saved = read(state_file) if state_file is not None and state_file.exists() else None
        if saved is not None and state_file is not None:
            require_same(saved.venue.spec, self._fingerprint, state_file)
            try:
                self.simulation = taken_up(saved, spec)
            except (KeyError, ValueError) as cause:
                raise ConfigError(f"{state_file} is damaged; start over with --fresh") from cause
            self.saved_at = saved.venue.saved_at
            self._saved_changes = (0, 0)
        else:
            self.simulation = Simulation(spec, clock.now() if spec.start is None else spec.start)
            self.simulation.open()
        started_at = self.simulation.market.started_at
        self.faults = Faults(spec.faults, seed=spec.seed, started_at=started_at)
        if saved is not None:
            take_up_faults(saved, self.faults)
        self.instruments = tuple(market.instrument for market in spec.markets)

    def account(self, name: str) -> SimulatedAccount:
        """The doors of one account. Raises :class:`ConfigError` for a name that it has not."""
        if name not in self.simulation.holders:
            known = ", ".join(self.simulation.holders) or "none"
            raise ConfigError(f"the simulated venue has no account {name!r}, only: {known}")
        return SimulatedAccount(self, name)

    def happen(self, event: EventSpec) -> None:
        """Let an event happen now, whatever its ``at_s`` says."""
        self.advance()
        self.simulation.happen(event)
        self.persist()

    def advance(self) -> None:
        """Live through everything up to now."""
        self.simulation.advance_to(self._clock.now())

    def persist(self) -> None:
        """Write the state down if an account changed or a fault struck, and now and then if only
        time passed."""
        simulation = self.simulation
        if self._file is None:
            return
        changed = (simulation.changes, self.faults.hits) != self._saved_changes
        if not changed:
            waited_s = time.monotonic() - self._written_at_s
            if simulation.now == self._saved_now or waited_s < LAZY_S:
                return
        self.save(durable=changed)

    def save(self, *, durable: bool = True) -> None:
        """Write the state down, if there is a file for it."""
        if self._file is not None:
            text = written(self.simulation, self.faults, self._fingerprint)
            replace_file(self._file, text, durable=durable)
            self._saved_changes = (self.simulation.changes, self.faults.hits)
            self._saved_now = self.simulation.now
            self._written_at_s = time.monotonic()

    def receive(self, operation: str, account: str, symbol: str | None) -> Strikes:
        """A call arrives: the faults that strike it. Raises where the venue answers nobody."""
        self.advance()
        now = self.simulation.now
        silent_until = self.simulation.silent_until
        if silent_until is not None and now < silent_until:
            raise Unavailable("the venue is out of service", operation=operation, symbol=symbol)
        banned_until = self.faults.ban(account, now)
        if banned_until is not None:
            left_s = (banned_until - now).total_seconds()
            raise RateLimited(
                f"banned for another {left_s:g} s",
                retry_after_s=left_s,
                operation=operation,
                symbol=symbol,
            )
        return self.faults.strike(operation, account, now)

    async def answer_late(self, strikes: Strikes) -> None:
        """Let a slow answer take its time."""
        for fault in strikes:
            if fault.kind is FaultKind.SLOW:
                await self.wait(fault.delay_s)

    async def wait(self, delay_s: float) -> None:
        """Let so many seconds of the venue's time pass."""
        await self._clock.sleep(delay_s)


class SimulatedAccount:
    """One account's ports: reading, market data, orders, inspection and transfers."""

    is_rehearsal: Final = True

    def __init__(self, venue: SimulatedVenue, name: str) -> None:
        self._venue = venue
        self._name = name
        self._market = venue.simulation.market
        self._holder = venue.simulation.holders[name]

    async def balances(self) -> tuple[Balance, ...]:
        """Every wallet that was ever used, also when it is empty now."""
        found, _ = await self._ask(
            "balances", lambda: self._holder.balances(self._market.assets), nothing=()
        )
        return found

    async def positions(self) -> tuple[Position, ...]:
        """Every open position."""
        found, strikes = await self._ask(
            "positions", lambda: self._holder.positions(self._market.assets), nothing=()
        )
        hidden = any(fault.kind is FaultKind.NO_POSITIONS for fault in strikes)
        return () if hidden else found

    async def open_orders(self) -> tuple[OrderReport, ...]:
        """Every resting order, oldest first."""
        shelf = self._holder.orders
        found, strikes = await self._ask(
            "open_orders", lambda: tuple(o.report() for o in shelf.open.values()), nothing=()
        )
        return tuple(skewed_order(report, strikes) for report in found) if strikes else found

    async def ledger(self, since: datetime) -> tuple[LedgerEntry, ...]:
        """The account's booking lines, as far back as the venue remembers."""
        entries = self._holder.ledger.entries
        found, strikes = await self._ask(
            "ledger", lambda: entries.since(since, lambda entry: entry.at), nothing=()
        )
        return tuple(skewed_entry(entry, strikes) for entry in found) if strikes else found

    async def fills(self, symbol: str, since: datetime) -> tuple[Fill, ...]:
        """The account's trades in one market, as far back as the venue remembers."""
        trades = self._holder.ledger.fills

        def look() -> tuple[Fill, ...]:
            found = trades.since(since, lambda fill: fill.at)
            return tuple(fill for fill in found if fill.symbol == symbol)

        found, strikes = await self._ask("fills", look, nothing=(), symbol=symbol)
        return tuple(skewed_fill(fill, strikes) for fill in found) if strikes else found

    async def instruments(self) -> tuple[InversePerpetual, ...]:
        """The contracts on offer."""
        found, _ = await self._ask("instruments", lambda: self._venue.instruments, nothing=())
        return found

    async def quotes(self, symbols: Collection[str]) -> Mapping[str, Quote]:
        """A quote for every symbol that the venue has."""

        def look() -> Mapping[str, Quote]:
            now = self._venue.simulation.now
            seen = ((symbol, self._market.quote(symbol, now)) for symbol in symbols)
            return {symbol: quote for symbol, quote in seen if quote is not None}

        found, strikes = await self._ask("quotes", look, nothing=NO_QUOTES)
        return bent_quotes(found, strikes) if strikes else found

    async def inspect(self) -> AccountFacts:
        """The account and its terms."""
        found, _ = await self._call(
            "permissions", lambda: facts_of(self._venue.simulation, self._name), None
        )
        return found

    async def submit(self, order: Approved) -> OrderReport:
        """Send an order once; it is on disk before the answer leaves."""
        intent, simulation = order.intent, self._venue.simulation
        report, strikes = await self._call(
            "submit",
            lambda: simulation.submit(self._name, intent).report(),
            symbol=intent.symbol,
        )
        return skewed_order(report, strikes) if strikes else report

    async def find(self, client_order_id: ClientOrderId, symbol: str) -> OrderReport | None:
        """Look an order up by our id, open or ended."""

        def look() -> OrderReport | None:
            order = self._holder.orders.find(client_order_id)
            return None if order is None or order.symbol != symbol else order.report()

        report, strikes = await self._ask("find", look, nothing=None, symbol=symbol)
        return skewed_order(report, strikes) if strikes and report is not None else report

    async def cancel(self, client_order_id: ClientOrderId, symbol: str) -> OrderReport:
        """Cancel a resting order; of one that had ended before, the answer is its end. Raises
        ``OrderNotFound`` for one that the venue does not know."""
        simulation = self._venue.simulation
        report, strikes = await self._call(
            "cancel",
            lambda: simulation.cancel(self._name, client_order_id, symbol).report(),
            symbol=symbol,
        )
        return skewed_order(report, strikes) if strikes else report

    async def cancel_all_after(self, symbol: str, timeout_s: float) -> None:
        """Cancel what rests in a market once nothing was heard for so long of the venue's time."""
        simulation = self._venue.simulation
        await self._call(
            "cancel",
            lambda: simulation.cancel_all_after(self._name, symbol, timeout_s),
            symbol=symbol,
        )

    async def transfer(
        self, asset: str, amount_coin: Decimal, source: Wallet, target: Wallet
    ) -> str | None:
        """Move coins between two wallets, all of the amount or nothing, and give the number of the
        booking line."""
        simulation, ledger = self._venue.simulation, self._holder.ledger

        def move() -> str:
            terms.transfer(simulation, self._name, asset, amount_coin, source, target)
            return str(ledger.lines_booked - 1)

        number, _ = await self._call("transfer", move, None)
        return number

    async def _ask(
        self,
        operation: str,
        act: Callable[[], Answer],
        *,
        nothing: Nothing,
        symbol: str | None = None,
    ) -> tuple[Answer | Nothing, Strikes]:
        """Answer a question; an empty success is the answer that there is nothing."""
        answer, strikes = await self._call(operation, act, symbol)
        empty = any(fault.kind is FaultKind.EMPTY_SUCCESS for fault in strikes)
        return (nothing if empty else answer), strikes

    async def _call(
        self, operation: str, act: Callable[[], Answer], symbol: str | None
    ) -> tuple[Answer, Strikes]:
        """Do what was asked, as far as the faults let it through, and tell which ones struck."""
        venue = self._venue
        try:
            strikes = venue.receive(operation, self._name, symbol)
            if not strikes:
                return act(), ()
            for fault in strikes:
                stopped = stop_request(fault, operation, symbol)
                if stopped is not None:
                    raise stopped
            try:
                outcome: Answer | Refused = act()
            except Refused as no:
                outcome = no
        finally:
            venue.persist()
        await venue.answer_late(strikes)
        for fault in strikes:
            spoiled = spoil_answer(fault, operation, symbol, refused=isinstance(outcome, Refused))
            if spoiled is not None:
                raise spoiled
        if isinstance(outcome, Refused):
            raise outcome
        return outcome, strikes
