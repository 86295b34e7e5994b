"""``venues``: what is known of each venue, how it is known, and what this version does with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.cli.options import AsJson

if TYPE_CHECKING:
    from bot.adapters.ccxt.venue_facts import Contracts, Hedging, Hosts, VenueFacts

NOT_PROVEN: Final = (
    "Nothing has been proven at a venue itself. Proven by requests: the unmodified client sends "
    "exactly the expected ones. By answers: documented ones are read into the right numbers. By "
    "wire: the client keeps one contract of behaviour with the simulated venue over HTTP."
)


ON_THE_WIRE: Final = "wire"
REQUESTS: Final = "requests"
ANSWERS: Final = "answers"
_SIMULATED: Final = frozenset({"binance", "bybit", "okx"})
"""Venues as which the simulated one answers."""


def venues(as_json: AsJson = False) -> None:
    """What each venue can be used for, where it can be rehearsed at, and how that is known.

    Hedging, holdings only, or refused, with the reason; the size of its coin-margined contracts;
    its testnet or demo; and what has been proven and how. Asks no venue and reads no settings.
    """
    from bot.adapters.ccxt.venues import CHECKED_ON, CHECKED_WITH, VENUES

    source = f"ccxt {CHECKED_WITH}, its source and its requests, {CHECKED_ON.isoformat()}"
    if as_json:
        from bot.cli.output import print_json

        print_json(
            {
                "not_proven": NOT_PROVEN,
                "source": source,
                "venues": [_fields(facts) for facts in VENUES.values()],
                "others": "any other venue of this ccxt: holdings of its spot wallet only",
            }
        )
        return
    from bot.cli.output import console
    from bot.cli.tables import table

    made = table(
        "venue",
        "used for",
        "contract",
        "orders in",
        "testnet or demo",
        "proven by",
        "known at least from",
        title="Venues",
        left=7,
    )
    out = console()
    for facts in VENUES.values():
        made.add_row(facts.id, *_cells(facts))
    out.print(made)
    for facts in VENUES.values():
        if facts.reason:
            out.print(f"{facts.id}: {facts.reason}.")
    silent = [f.id for f in VENUES.values() if f.hedging and f.hedging.cancels_when_silent]
    out.print(f"Cancels by itself what rests once the bot is silent: {', '.join(silent)}.")
    out.print(f"Any other venue of this ccxt: holdings of its spot wallet only. Source: {source}.")
    out.print(NOT_PROVEN)


def _cells(facts: VenueFacts) -> tuple[str, ...]:
    hedging = facts.hedging
    if hedging is None:
        return (facts.support.value, "", "", "", "", "")
    return (
        facts.support.value + (", no orders yet" if hedging.orders_kept_off else ""),
        _sizes(hedging.contracts),
        hedging.contracts.amount.value,
        _rehearsal(hedging.hosts),
        ", ".join((*facts.proven, *_proven_here(facts))),
        _weakest(hedging),
    )


def _proven_here(facts: VenueFacts) -> tuple[str, ...]:
    """What the tests of this version hold the venue's adapter against."""
    if facts.hedging is None:
        return ()
    wire = (ON_THE_WIRE,) if facts.id in _SIMULATED else ()
    return (*wire, REQUESTS, ANSWERS)


def _sizes(contracts: Contracts) -> str:
    from bot.adapters.ccxt.venue_facts import AmountUnit
    from bot.domain.quantities import plain

    if contracts.amount is AmountUnit.COIN:
        return "unproven"
    named = [f"{asset} {plain(size)} USD" for asset, size in contracts.size.items()]
    if contracts.others_size is not None:
        named.append(f"{'others ' if named else ''}{plain(contracts.others_size)} USD")
    return ", ".join(named)


def _rehearsal(hosts: Hosts) -> str:
    if not hosts.rehearsal:
        return "none"
    if hosts.header:
        return f"live host, header {hosts.header[0]}"
    return ", ".join(sorted(hosts.rehearsal))


def _weakest(hedging: Hedging) -> str:
    """How the least certain of the facts is known."""
    from bot.adapters.ccxt.venue_facts import Known

    known = set(_known(hedging).values())
    return next(known_from.value for known_from in Known if known_from.value in known)


def _known(hedging: Hedging) -> dict[str, str]:
    """How each group of facts is known."""
    return {
        "contracts": hedging.contracts.known.value,
        "wallets": hedging.wallets.known.value,
        "order_ids": hedging.client_ids.known.value,
        "order_flags": hedging.flags.known.value,
        "hosts": hedging.hosts.known.value,
    }


def _fields(facts: VenueFacts) -> dict[str, object]:
    hedging = facts.hedging
    return {
        "venue": facts.id,
        "title": facts.title,
        "support": facts.support.name.lower(),
        "used_for": facts.support.value,
        "reason": facts.reason or None,
        "proven_at_the_venue": facts.proven,
        "proven_here_by": _proven_here(facts),
        "hedging": None if hedging is None else _hedging_fields(hedging),
    }


def _hedging_fields(hedging: Hedging) -> dict[str, object]:
    wallets, ids, hosts = hedging.wallets, hedging.client_ids, hedging.hosts
    return {
        "client": hedging.client,
        "accounts": hedging.accounts,
        "one_way": hedging.one_way,
        "orders_kept_off": hedging.orders_kept_off or None,
        "cancels_when_silent": hedging.cancels_when_silent or None,
        "order_amounts_in": hedging.contracts.amount.value,
        "contract_size": hedging.contracts.size,
        "other_contracts_size": hedging.contracts.others_size,
        "wallets": [wallet.value for wallet in wallets.readings],
        "one_wallet": sorted(wallet.value for wallet in wallets.shared),
        "transfers": {wallet.value: name for wallet, name in wallets.transfers.items()},
        "order_id_pattern": ids.pattern,
        "order_look_up": ids.look_up.value,
        "live_hosts": sorted(hosts.live),
        "rehearsal_hosts": sorted(hosts.rehearsal),
        "rehearsal_header": None if hosts.header is None else ": ".join(hosts.header),
        "notes": [note for note in (wallets.note, hedging.flags.note, hosts.note) if note],
        "known_from": _known(hedging),
    }
