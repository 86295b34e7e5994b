"""One sentence for each mistake: the key, where it stands, what is wrong, what to do."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.errors import ConfigError
from bot.settings import load_settings
from tests.settings.setting import ACCOUNT, BAG, VALID, complaints, with_, write

MISTAKES = {
    # keys
    "an unknown section": (
        VALID + "[limit]\nmax_order_usd = 5\n",
        "limit in my.toml: there is no such key; did you mean limits?",
    ),
    "a misspelt key": (
        VALID + "[limits]\nmax_order = 5\n",
        "limits.max_order in my.toml: there is no such key; did you mean max_order_usd?",
    ),
    "an unknown key like no other": (
        VALID + "[log]\nzzz = 5\n",
        "log.zzz in my.toml: there is no such key; remove it, or write one of level, format",
    ),
    "an unknown key of an account": (
        with_('venue = "simulator"', 'venue = "simulator"\nlevrage = 3'),
        "accounts.main.levrage in my.toml: there is no such key; did you mean leverage?",
    ),
    "an unknown key of a target": (
        with_('{ kind = "full" }', '{ kind = "static", shares = 0.5, share = 0.5 }'),
        "bags[savings].target.shares in my.toml: there is no such key; did you mean share?",
    ),
    "an unknown key of a holding": (
        with_('{ account = "main", wallets', '{ acount = "main", account = "main", wallets'),
        "bags[savings].holdings[#1].acount in my.toml: there is no such key; did you mean account?",
    ),
    "a missing key": (
        with_('asset = "BTC"', ""),
        "bags[savings].asset in my.toml: it is missing; add it",
    ),
    "a missing name": (
        with_('name = "savings"', ""),
        "bags[#1].name in my.toml: it is missing; add it",
    ),
    "a missing share": (
        with_('"full"', '"static"'),
        "bags[savings].target.share in my.toml: it is missing; add it",
    ),
    "a word about changes by hand that means nothing": (
        with_('asset = "BTC"', 'asset = "BTC"\nmanual_changes = "correct"'),
        (
            "bags[savings].manual_changes in my.toml: 'correct' is not one of towards-target, "
            "respect; write one of them"
        ),
    ),
    # amounts
    "a reminder without a pause": (
        VALID + "[remind]\nevery_s = 0\n",
        (
            "remind.every_s in my.toml: 0 is not a number of seconds above 0; "
            'write one such as 60, or "off"'
        ),
    ),
    "a wait that ends before it begins": (
        with_('asset = "BTC"', 'asset = "BTC"\nfollow_after_s = -1'),
        (
            "bags[savings].follow_after_s in my.toml: -1 is not a number of seconds, 0 or more; "
            "write one such as 60"
        ),
    ),
    "a negative amount": (
        VALID + "[limits]\nmax_order_usd = -5\n",
        (
            "limits.max_order_usd in my.toml: -5 is not an amount of dollars above 0; "
            'write one such as 250000, or "off"'
        ),
    ),
    "a negative amount of coins": (
        with_('{ account = "main", wallets = ["spot"] }', '{ external = "cold", coins = "-1.5" }'),
        (
            "bags[savings].holdings[#1].coins in my.toml: '-1.5' is not an amount of coins above "
            "0; write one such as 1.5"
        ),
    ),
    "h of 1.5": (
        with_('{ kind = "full" }', '{ kind = "static", share = 1.5 }'),
        (
            "bags[savings].target.share in my.toml: 1.5 is not a share between 0 and 1; "
            "write one such as 0.5, which is one half"
        ),
    ),
    "a ratio of 1.5": (
        with_('{ kind = "full" }', '{ kind = "constant-ratio", ratio = 1.5 }'),
        (
            "bags[savings].target.ratio in my.toml: 1.5 is not a share between 0 and 1; "
            "write one such as 0.5, which is one half"
        ),
    ),
    "NaN": (
        with_('{ kind = "full" }', '{ kind = "usd", amount_usd = nan }'),
        (
            "bags[savings].target.amount_usd in my.toml: NaN is not an amount of dollars above 0; "
            "write one such as 250000"
        ),
    ),
    "infinity": (
        VALID + "[cycle]\ninterval_s = inf\n",
        (
            "cycle.interval_s in my.toml: Infinity is not a number of seconds above 0; "
            "write one such as 60"
        ),
    ),
    "a word for a number": (
        VALID + '[limits]\nmax_order_usd = "none"\n',
        (
            "limits.max_order_usd in my.toml: 'none' is not an amount of dollars above 0; "
            'write one such as 250000, or "off"'
        ),
    ),
    "half an order": (
        VALID + "[limits]\nmax_orders_per_hour = 1.5\n",
        (
            "limits.max_orders_per_hour in my.toml: 1.5 is not a whole number of 1 or more; "
            'write one such as 60, or "off"'
        ),
    ),
    "a leverage under 1": (
        with_('venue = "simulator"', 'venue = "simulator"\nleverage = 0.5'),
        (
            "accounts.main.leverage in my.toml: 0.5 is not a leverage from 1 to 125; "
            "write one such as 2"
        ),
    ),
    # words and shapes
    "another mode": (
        'mode = "paper"\n' + VALID,
        "mode in my.toml: 'paper' is not one of dry-run, shadow, testnet, live; write one of them",
    ),
    "a real venue in a dry-run": (
        with_('"simulator"', '"binance"'),
        (
            "accounts.main.venue in my.toml: 'binance' is a real venue, and a dry-run trades on "
            'the simulated one; write venue = "simulator", or choose the mode shadow, testnet or '
            "live"
        ),
    ),
    "the simulated venue in earnest": (
        'mode = "live"\n' + VALID,
        (
            "accounts.main.venue in my.toml: the simulated venue belongs to a dry-run, and the "
            'mode is live; name a real venue, or write mode = "dry-run"'
        ),
    ),
    "another style of execution": (
        VALID + '[bags.execution]\nstyle = "twap"\n',
        (
            "bags[savings].execution.style in my.toml: 'twap' is not available: this version only "
            "sends immediate-or-cancel orders; write 'ioc'"
        ),
    ),
    "an unknown wallet": (
        with_('wallets = ["spot"]', 'wallets = ["spott"]'),
        (
            "bags[savings].holdings[#1].wallets[#1] in my.toml: 'spott' is not one of spot, "
            "funding, earn, margin; did you mean 'spot'?"
        ),
    ),
    "an unknown wallet of the venue": (
        VALID + "[simulator.wallets.main]\nspto = { BTC = 1 }\n",
        (
            "simulator.wallets.main.spto in my.toml: 'spto' is not one of spot, funding, earn, "
            "margin; did you mean 'spot'?"
        ),
    ),
    "an unknown kind of target": (
        with_('"full"', '"partial"'),
        (
            "bags[savings].target.kind in my.toml: 'partial' is not one of full, static, "
            "constant-ratio, usd, keep-coins; write one of them"
        ),
    ),
    "a target without a kind": (
        with_('{ kind = "full" }', "{ share = 0.5 }"),
        (
            'bags[savings].target in my.toml: it has no kind; add kind = "…" with one of full, '
            "static, constant-ratio, usd, keep-coins"
        ),
    ),
    "a word for a table": (
        with_('{ kind = "full" }', '"full"'),
        (
            "bags[savings].target in my.toml: it is not a table; write it as [table] or as "
            "{ key = value }"
        ),
    ),
    "a table for a list": (
        ACCOUNT + BAG.replace("[[bags]]", "[bags]"),
        "bags in my.toml: it is not a list; write it in square brackets",
    ),
    "a number for a word": (
        with_('name = "savings"', "name = 7"),
        "bags[#1].name in my.toml: 7 is not text; put it in quotes",
    ),
    "no wallets": (
        with_('wallets = ["spot"]', "wallets = []"),
        "bags[savings].holdings[#1].wallets in my.toml: it is empty; name at least one",
    ),
    "an asset in small letters": (
        with_('asset = "BTC"', 'asset = "btc"'),
        (
            "bags[savings].asset in my.toml: 'btc' is not an asset; write it in capitals as venues "
            "do, such as BTC"
        ),
    ),
    "an account name that no variable could name": (
        with_("[accounts.main]", "[accounts.main]\nvenue = 'simulator'\n[accounts.my-own]"),
        (
            "accounts.my-own in my.toml: 'my-own' is not an account name; write small letters and "
            "digits, words joined by one underscore"
        ),
    ),
    "a bag name with a space": (
        with_('"savings"', '"my bag"'),
        (
            "bags[my bag].name in my.toml: 'my bag' is not a bag name; write up to 32 letters, "
            "digits, '-' and '_'"
        ),
    ),
    "a start without a zone": (
        VALID + "[simulator]\nstart = 2024-01-01T00:00:00\n",
        (
            "simulator.start in my.toml: 2024-01-01 00:00:00 is not a time with its zone; write "
            'one such as 2024-01-01T00:00:00Z, or "now"'
        ),
    ),
    "a misspelt log level": (
        VALID + '[log]\nlevel = "infos"\n',
        (
            "log.level in my.toml: 'infos' is not one of debug, info, warning, error; "
            "did you mean 'info'?"
        ),
    ),
    "text for true": (
        VALID + '[[simulator.faults]]\nkind = "reset"\nnth = 1\narrives = "no"\n',
        (
            "simulator.faults[#1].arrives in my.toml: 'no' is neither true nor false; write one of "
            "them without quotes"
        ),
    ),
}


@pytest.mark.parametrize(("toml", "said"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_said_in_one_sentence(toml: str, said: str) -> None:
    assert complaints(toml) == [said]


def test_the_file_without_mistakes_is_taken() -> None:
    assert load_settings([write("my.toml", VALID)], environ={}).bags[0].name == "savings"


def test_every_mistake_is_said_not_only_the_first() -> None:
    toml = VALID + "[limit]\na = 1\n[cycle]\ninterval_s = 0\n"
    environ = {"HEDGEHOLD_CYCLE__DEADLINES_S": "3"}
    assert len(complaints(toml, environ=environ)) == 3


def unreadable(path: Path) -> None:
    path.mkdir()


def latin(path: Path) -> None:
    path.write_bytes(b'name = "caf\xe9"\n')


def broken(path: Path) -> None:
    path.write_text("[log\nlevel = 1\n")


def absent(path: Path) -> None:
    assert not path.exists()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (absent, "x.toml: there is no such settings file; check the path given with --config"),
        (
            unreadable,
            "x.toml: the settings file cannot be read: Is a directory; name a readable file",
        ),
        (latin, "x.toml: this is not text in UTF-8; save it as UTF-8"),
        (
            broken,
            (
                "x.toml: this is not valid TOML: Expected ']' at the end of a table declaration "
                "(at line 1, column 5); mend that line"
            ),
        ),
    ],
)
def test_a_file_that_cannot_be_read_is_named(make: Callable[[Path], None], said: str) -> None:
    make(Path("x.toml"))
    with pytest.raises(ConfigError) as caught:
        load_settings([Path("x.toml")], environ={})
    assert str(caught.value) == said
