"""Settings that are well written and cannot be meant: names of nothing, coins counted twice."""

import pytest

from bot.settings import load_settings
from tests.settings.setting import BAG, VALID, complaints, with_, write

CONTRADICTIONS = {
    # contracts and assets
    "an unknown asset": (
        with_('asset = "BTC"', 'asset = "DOGE"'),
        (
            "bags[savings].asset in my.toml: there is no simulated market for 'DOGE'; write "
            "'BTC' or 'ETH', or add [simulator.markets.DOGE]"
        ),
    ),
    "a linear contract": (
        with_(
            'hedge = { account = "main"', 'hedge = { account = "main", contract = "BTC/USDT:USDT"'
        ),
        (
            "bags[savings].hedge.contract in my.toml: 'BTC/USDT:USDT' is a linear contract, "
            "settled in USDT and not in BTC; write 'BTC/USD:BTC', the inverse perpetual, or "
            '"auto"'
        ),
    ),
    "a contract on another coin": (
        with_('hedge = { account = "main"', 'hedge = { account = "main", contract = "ETH/USD:ETH"'),
        (
            "bags[savings].hedge.contract in my.toml: 'ETH/USD:ETH' is a market of ETH, and the "
            "bag holds BTC; write 'BTC/USD:BTC', the inverse perpetual, or \"auto\""
        ),
    ),
    "a dated contract": (
        with_(
            'hedge = { account = "main"',
            'hedge = { account = "main", contract = "BTC/USD:BTC-260626"',
        ),
        (
            "bags[savings].hedge.contract in my.toml: 'BTC/USD:BTC-260626' expires, and a hedge "
            "that lasts needs a perpetual; write 'BTC/USD:BTC', the inverse perpetual, or \"auto\""
        ),
    ),
    "a spot market": (
        with_('hedge = { account = "main"', 'hedge = { account = "main", contract = "BTC/USD"'),
        (
            "bags[savings].hedge.contract in my.toml: 'BTC/USD' is a spot market, not a contract; "
            "write 'BTC/USD:BTC', the inverse perpetual, or \"auto\""
        ),
    ),
    "a contract quoted in another coin": (
        with_('hedge = { account = "main"', 'hedge = { account = "main", contract = "BTC/EUR:BTC"'),
        (
            "bags[savings].hedge.contract in my.toml: 'BTC/EUR:BTC' is quoted in EUR, not in USD; "
            "write 'BTC/USD:BTC', the inverse perpetual, or \"auto\""
        ),
    ),
    "no contract at all": (
        with_('hedge = { account = "main"', 'hedge = { account = "main", contract = "BTCUSD"'),
        (
            "bags[savings].hedge.contract in my.toml: 'BTCUSD' is no contract; write "
            "'BTC/USD:BTC', the inverse perpetual, or \"auto\""
        ),
    ),
    "a market without figures": (
        VALID
        + "[simulator.markets.SOL]\ntick_usd = 0.01\n"
        + 'path = { kind = "jump-diffusion", start_price_usd = 150 }\n',
        (
            'simulator.markets.SOL.contract_usd in my.toml: "auto" is known for BTC and ETH only; '
            "write a number"
        ),
    ),
    # names that must exist, coins that count once
    "a hedge in an unknown account": (
        with_('hedge = { account = "main" }', 'hedge = { account = "mian" }'),
        (
            "bags[savings].hedge.account in my.toml: there is no account 'mian'; did you mean "
            "'main'? If not, add [accounts.mian]"
        ),
    ),
    "a holding in an unknown account": (
        with_('{ account = "main", wallets', '{ account = "desk", wallets'),
        (
            "bags[savings].holdings[#1].account in my.toml: there is no account 'desk'; write "
            "'main', or add [accounts.desk]"
        ),
    ),
    "two bags of one name": (
        VALID + BAG.replace("BTC", "ETH"),
        (
            "bags[savings].name in my.toml: another bag is called 'savings' too; give each bag its "
            "own name"
        ),
    ),
    "the margin wallet among the holdings": (
        with_('["spot"]', '["spot", "margin"]'),
        (
            "bags[savings].holdings[#1].wallets in my.toml: the margin wallet of 'main' carries "
            "the hedge and always counts; remove 'margin' here"
        ),
    ),
    "a wallet that is not read": (
        with_('venue = "simulator"', 'venue = "simulator"\nwallets = ["funding"]'),
        (
            "bags[savings].holdings[#1].wallets in my.toml: the wallet 'spot' of 'main' is not "
            "read, so its coins would be missed; add it to accounts.main.wallets"
        ),
    ),
    "the margin wallet among those to read": (
        with_('venue = "simulator"', 'venue = "simulator"\nwallets = ["spot", "margin"]'),
        (
            "accounts.main.wallets in my.toml: the margin wallet is always read and not listed; "
            "remove 'margin'"
        ),
    ),
    "a wallet listed twice": (
        with_('venue = "simulator"', 'venue = "simulator"\nwallets = ["spot", "spot"]'),
        "accounts.main.wallets in my.toml: a wallet is listed twice; list it once",
    ),
    "one wallet twice in a bag": (
        with_('["spot"]', '["spot", "spot"]'),
        (
            "bags[savings].holdings[#1] in my.toml: the BTC of the wallet 'spot' of 'main' would "
            "count twice; name it in one place only"
        ),
    ),
    "external coins twice": (
        with_(
            '{ account = "main", wallets = ["spot"] }',
            '{ external = "cold", coins = 1 }, { external = "cold", coins = 1 }',
        ),
        (
            "bags[savings].holdings[#2] in my.toml: the BTC of 'cold' would count twice; name it "
            "in one place only"
        ),
    ),
    # settings that contradict each other
    "an inner edge beyond the outer one": (
        VALID + "[bags.band]\nouter = 0.01\ninner = 0.02\n",
        (
            "bags[savings].band.inner in my.toml: the inner edge of 0.02 lies beyond the outer "
            'edge of 0.01; make it smaller, or "auto"'
        ),
    ),
    "slices that the limit denies": (
        VALID + "[limits]\nmax_order_usd = 50000\n",
        (
            "bags[savings].execution.max_slice_usd in my.toml: slices of 100000 USD are more than "
            "limits.max_order_usd (50000) lets pass; make them smaller, or the limit larger"
        ),
    ),
    "a halt before reducing": (
        VALID + "[breaker]\nfailures_to_halt = 2\n",
        (
            "breaker.failures_to_halt in my.toml: 2 comes before failures_to_reduce (3); write at "
            "least as many"
        ),
    ),
    "a journal of an unknown sort": (
        VALID + '[journal]\nurl = "mysql://host/db"\n',
        (
            "journal.url in my.toml: this is no address of a journal; write "
            "sqlite:///path/to/journal.db or postgresql://user@host/database"
        ),
    ),
    # the venue's script
    "coins in an unknown account of the venue": (
        VALID + "[simulator.wallets.desk]\nspot = { BTC = 1 }\n",
        (
            "simulator.wallets.desk in my.toml: there is no account 'desk'; write 'main', or add "
            "[accounts.desk]"
        ),
    ),
    "coins of an unknown asset": (
        VALID + "[simulator.wallets.main]\nspot = { DOGE = 1 }\n",
        (
            "simulator.wallets.main.spot.DOGE in my.toml: there is no simulated market for 'DOGE'; "
            "write 'BTC' or 'ETH', or add [simulator.markets.DOGE]"
        ),
    ),
    "an event in an unknown account": (
        VALID
        + '[[simulator.events]]\nkind = "deposit"\nat_s = 1\naccount = "desk"\nasset = "BTC"\n'
        + "coins = 1\n",
        (
            "simulator.events[#1].account in my.toml: there is no account 'desk'; write 'main', "
            "or add [accounts.desk]"
        ),
    ),
    "a price that falls below nothing": (
        VALID + '[[simulator.events]]\nkind = "move"\nat_s = 1\nasset = "BTC"\nshare = -1\n',
        (
            "simulator.events[#1].share in my.toml: -1 is not a change of price above -1; write "
            "one such as -0.2, which is a fall of 20 %"
        ),
    ),
    "an event for an unknown asset": (
        VALID + '[[simulator.events]]\nkind = "move"\nat_s = 1\nasset = "BTX"\nshare = -0.1\n',
        (
            "simulator.events[#1].asset in my.toml: there is no simulated market for 'BTX'; did "
            "you mean 'BTC'? If not, add [simulator.markets.BTX]"
        ),
    ),
    "a fault without a time": (
        VALID + '[[simulator.faults]]\nkind = "slow"\n',
        (
            "simulator.faults[#1] in my.toml: it needs exactly one of nth, at_s and chance; keep "
            "one of them"
        ),
    ),
}


@pytest.mark.parametrize(("toml", "said"), CONTRADICTIONS.values(), ids=CONTRADICTIONS.keys())
def test_a_contradiction_is_said_in_one_sentence(toml: str, said: str) -> None:
    assert complaints(toml) == [said]


def test_two_bags_in_one_market_are_one_too_many() -> None:
    other = BAG.replace("savings", "other").replace("spot", "funding")
    assert complaints(VALID + other) == [
        (
            "bags[other].hedge in my.toml: the bag 'savings' already hedges BTC in the account "
            "'main', and two would trade against each other; make them one bag, or use another "
            "account"
        )
    ]


def test_a_wallet_counts_for_one_bag_only() -> None:
    second = '\n[accounts.second]\nvenue = "simulator"\n'
    other = BAG.replace("savings", "other").replace(
        'hedge = { account = "main"', 'hedge = { account = "second"'
    )
    assert complaints(VALID + other + second) == [
        (
            "bags[other].holdings[#1] in my.toml: the BTC of the wallet 'spot' of 'main' would "
            "count twice; name it in one place only"
        )
    ]


def test_the_margin_wallet_of_another_bags_hedge_does_not_count_twice() -> None:
    second = '\n[accounts.second]\nvenue = "simulator"\n'
    other = BAG.replace("savings", "other").replace(
        'hedge = { account = "main"', 'hedge = { account = "second"'
    )
    other = other.replace('wallets = ["spot"]', 'wallets = ["margin"]')
    assert complaints(VALID + other + second) == [
        (
            "bags[other].holdings[#1] in my.toml: the BTC of the wallet 'margin' of 'main' would "
            "count twice; name it in one place only"
        )
    ]


def test_one_wallet_may_hold_two_assets_for_two_bags() -> None:
    other = BAG.replace("savings", "other").replace("BTC", "ETH")
    assert len(load_settings([write("my.toml", VALID + other)], environ={}).bags) == 2
