"""One call while it is answered: who asks, what for, what struck it, and the venue behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias

from bot.adapters.simulator.exchange import SimulatedVenue
from bot.adapters.simulator.faults import bent_quotes, skew
from bot.adapters.simulator.holder import Holder
from bot.adapters.simulator.ledger import AccountLedger
from bot.adapters.simulator.market import AssetMarket
from bot.adapters.simulator.simulation import Simulation
from bot.adapters.simulator.spec import FaultKind, FaultSpec
from bot.adapters.simulator.tape import Tape
from bot.adapters.simulator.wire.asked import Params
from bot.adapters.simulator.wire.signing import ApiKey, denied
from bot.adapters.simulator.wire.times import WireTime
from bot.domain.account import Quote
from bot.domain.quantities import ONE
from bot.errors import InvariantBroken

Json: TypeAlias = dict[str, object] | list[object]
"""What an answer is made of, before it becomes text."""


@dataclass(frozen=True, slots=True)
class Call:
    """``key`` is None where the question is public; ``strikes`` are the faults that let it pass;
    ``recorded`` is the market's past, None in a dialect that tells nothing of it."""

    venue: SimulatedVenue
    times: WireTime
    params: Params
    key: ApiKey | None
    strikes: tuple[FaultSpec, ...] = ()
    recorded: Tape | None = None

    @property
    def tape(self) -> Tape:
        """The market's past."""
        if self.recorded is None:
            raise InvariantBroken("this dialect has no past to tell of")
        return self.recorded

    @property
    def simulation(self) -> Simulation:
        """The venue without its doors."""
        return self.venue.simulation

    @property
    def account(self) -> str:
        """Whose key it is. Raises :class:`Rejection` without a key."""
        if self.key is None:
            raise denied()
        return self.key.account

    @property
    def holder(self) -> Holder:
        """The customer who asks."""
        return self.simulation.holders[self.account]

    @property
    def ledger(self) -> AccountLedger:
        """The customer's wallets."""
        return self.holder.ledger

    @property
    def assets(self) -> dict[str, AssetMarket]:
        """All markets by their coin."""
        return self.simulation.market.assets

    @property
    def now_ms(self) -> int:
        """The venue's time as it tells it in this call."""
        return self.ms(self.simulation.now)

    def ms(self, moment: datetime) -> int:
        """A moment as the venue stamps it in this call."""
        return self.times.ms(moment + skew(self.strikes))

    def is_struck_by(self, kind: FaultKind) -> bool:
        """Whether a fault of that kind befell this call."""
        return any(fault.kind is kind for fault in self.strikes)

    def quote(self, market: AssetMarket) -> Quote:
        """The prices of a market as the venue gives them in this call."""
        symbol = market.spec.instrument.symbol
        found = self.simulation.market.quote(symbol, self.simulation.now)
        if found is None:
            raise KeyError(symbol)
        return bent_quotes({symbol: found}, self.strikes)[symbol]

    def spike(self) -> Decimal:
        """What prices are multiplied by in this call."""
        factor = ONE
        for fault in self.strikes:
            if fault.kind is FaultKind.SPIKE:
                factor *= ONE + fault.size
        return factor
