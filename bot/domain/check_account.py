"""Findings about an account and its key, from what the venue tells of them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from bot.domain.check import AccountUse, Finding, MarketUse, failure, ok, warning
from bot.domain.inspection import AccountFacts, MarketTerms
from bot.domain.quantities import plain

CLOCK_WARNING_S: Final = 1.0
CLOCK_FAILURE_S: Final = 5.0
"""How far our clock may be off. ccxt signs with the venue's time, so requests are still taken; but
quotes get an age that is wrong, and what is read back is searched in the wrong minute."""

WITHDRAWALS_ACCEPTED: Final = "the key may withdraw"
"""The words of the settings that accept a key which may withdraw."""


def account_findings(name: str, facts: AccountFacts, use: AccountUse) -> tuple[Finding, ...]:
    """Clock, key, type and terms of an account."""
    return (
        _clock(name, facts.clock_skew_s),
        _identity(name, facts, use.account_id),
        _trading(name, facts.may_trade, use),
        _withdrawals(name, may_withdraw=facts.may_withdraw, confirmed=use.confirmed),
        _addresses(name, facts.is_ip_bound),
        *(_terms(name, facts, use) if use.markets else ()),
        *_contracts(name, facts.contract_faults, use),
    )


def _clock(name: str, skew_s: float | None) -> Finding:
    subject = f"{name}: clock"
    if skew_s is None:
        return warning(
            subject,
            "the venue does not tell its time",
            "make sure that the computer's clock is kept by a time server",
        )
    way = "ahead of" if skew_s > 0 else "behind"
    text = f"our clock is {abs(skew_s):.2f} s {way} the venue's"
    advice = "let a time server keep the computer's clock (chrony, systemd-timesyncd)"
    if abs(skew_s) >= CLOCK_FAILURE_S:
        return failure(subject, text, advice)
    return warning(subject, text, advice) if abs(skew_s) >= CLOCK_WARNING_S else ok(subject, text)


def _identity(name: str, facts: AccountFacts, meant: str | None) -> Finding:
    subject = f"{name}: account"
    if facts.kind_fault is not None:
        return failure(
            subject,
            facts.kind_fault,
            "use an account of a type that can be hedged with; a sub-account of its own is best",
        )
    if meant is not None and facts.account_id != meant:
        return failure(
            subject,
            f"the key opens the account {facts.account_id or 'without a number'}, not {meant}",
            "use the key of the account that is meant, or name the other one in the settings",
        )
    number = "the venue gives no number" if facts.account_id is None else f"no. {facts.account_id}"
    return ok(subject, f"the key is taken: {number}, type {facts.kind or 'not told'}")


def _trading(name: str, may_trade: bool | None, use: AccountUse) -> Finding:
    subject = f"{name}: trading"
    if may_trade is None:
        if not use.is_traded:
            return ok(subject, "the venue does not say whether the key may trade; nothing needs it")
        return warning(
            subject,
            "the venue does not say whether the key may trade futures",
            "look at the key's permissions at the venue",
        )
    if may_trade and not use.markets:
        return warning(
            subject,
            "the key may trade, but only the coins of this account count",
            "make a key that may do nothing but read",
        )
    if may_trade:
        return ok(subject, "the key may trade futures")
    if not use.is_traded:
        return ok(subject, "the key may only read, and nothing more is needed")
    return failure(
        subject,
        "the key may not trade futures",
        "permit futures trading for the key at the venue (and open the futures account, if it "
        "never was)",
    )


def _withdrawals(name: str, *, may_withdraw: bool | None, confirmed: Collection[str]) -> Finding:
    subject = f"{name}: withdrawals"
    if may_withdraw is None:
        return warning(
            subject,
            "the venue does not say whether the key may withdraw",
            "make sure at the venue that it may not",
        )
    if not may_withdraw:
        return ok(subject, "the key may not withdraw")
    if WITHDRAWALS_ACCEPTED in confirmed:
        return warning(
            subject,
            "the key may withdraw, which was accepted in so many words",
            "a key without withdrawals is all that the bot needs",
        )
    return failure(
        subject,
        "the key may withdraw: whoever steals it can take the coins",
        "take that permission from the key; to run all the same, confirm it for the account in the "
        f'settings: confirm = ["{WITHDRAWALS_ACCEPTED}"]',
    )


def _addresses(name: str, is_ip_bound: bool | None) -> Finding:
    subject = f"{name}: addresses"
    if is_ip_bound:
        return ok(subject, "the key works from listed addresses only")
    advice = "bind the key to this machine's address at the venue"
    if is_ip_bound is None:
        return warning(subject, "the venue does not say from where the key works", advice)
    return warning(subject, "the key works from every address", advice)


def _terms(name: str, facts: AccountFacts, use: AccountUse) -> Iterator[Finding]:
    subject = f"{name}: position mode"
    wanted = _mode_words(use.hedge_mode)
    if facts.hedge_mode is None:
        yield warning(subject, "the venue does not tell it", f"it has to be {wanted}: look it up")
    elif facts.hedge_mode is not use.hedge_mode:
        yield failure(
            subject,
            f"it is {_mode_words(facts.hedge_mode)}, not {wanted} as in the settings",
            "change it at the venue while nothing is open, or change position_mode in the settings",
        )
    else:
        yield ok(subject, f"it is {wanted}, as wanted")
    told = {terms.symbol: terms for terms in facts.terms}
    for symbol, wanted_terms in use.markets.items():
        yield from _market(name, symbol, told.get(symbol), wanted_terms)


def _mode_words(hedge_mode: bool) -> str:
    return "hedge" if hedge_mode else "one-way"


def _market(name: str, symbol: str, terms: MarketTerms | None, use: MarketUse) -> Iterator[Finding]:
    for what, key, found, wanted in (
        (
            "margin mode",
            "margin_mode",
            None if terms is None or terms.margin_mode is None else terms.margin_mode.value,
            use.margin_mode.value,
        ),
        (
            "leverage",
            "leverage",
            None if terms is None or terms.leverage is None else plain(terms.leverage),
            plain(use.leverage),
        ),
    ):
        subject = f"{name}: {what} of {symbol}"
        if found is None:
            yield warning(
                subject, "the venue does not tell it", f"it has to be {wanted}: look it up"
            )
        elif found == wanted:
            yield ok(subject, f"it is {wanted}, as wanted")
        elif terms is not None and terms.is_open:
            yield failure(
                subject,
                f"it is {found}, not {wanted} as in the settings (a position is open there)",
                f"change it at the venue, or change {key} in the settings",
            )
        else:
            yield warning(
                subject,
                f"it is {found}, not {wanted} as in the settings",
                f"the bot changes it when it starts; if that is not meant, change {key}",
            )


def _contracts(name: str, faults: tuple[str, ...], use: AccountUse) -> Iterator[Finding]:
    subject = f"{name}: contracts"
    for fault in faults:
        yield failure(
            subject,
            fault,
            "do not trade here: the size of a position would be misread; wait for a version of "
            "Hedgehold that knows this contract",
        )
    if not faults and use.markets:
        yield ok(subject, f"{', '.join(use.markets)}: as this version knows them")


def twice_findings(facts: Mapping[str, AccountFacts]) -> tuple[Finding, ...]:
    """Accounts of the settings that are one and the same at their venue: coins would count twice.
    ``facts`` are by the name in the settings."""
    names: dict[str, list[str]] = {}
    for name, told in facts.items():
        if told.account_id is not None:
            names.setdefault(told.account_id, []).append(name)
    return tuple(
        failure(
            f"{same[0]}: account",
            f"the accounts {', '.join(same)} are one account at the venue, whose coins would count "
            "several times",
            "keep one of them in the settings",
        )
        for same in names.values()
        if len(same) > 1
    )
