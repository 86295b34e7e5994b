"""The files that come with the program: complete, explained, and good to rehearse with."""

import re
import subprocess
import sys
import sysconfig
import tomllib
from decimal import Decimal
from pathlib import Path

import pytest

from bot.domain.margin import initial_margin_coin
from bot.errors import ConfigError
from bot.settings import Settings, default_file, load, load_settings, sources
from bot.settings.shape import Choice, Items, Named, Shape, Table, shape_of, value_at
from bot.settings.simulation import JumpDiffusionPath

ROOT = Path(__file__).parents[2]
DEFAULT = ROOT / "config" / "default.toml"
DRY_RUN = ROOT / "config" / "dry-run.toml"
EXAMPLE = re.compile(r"^#: ?", re.MULTILINE)
SECRETS = {
    f"accounts.*.{environment}api_{part}"
    for environment in ("", "testnet_")
    for part in ("key", "secret", "password")
}


def keys_of(shape: Shape, path: str = "") -> set[str]:
    """Every key of the model; ``*`` stands for a name or a list item."""
    match shape:
        case Table(keys):
            return {key for name, each in keys.items() for key in keys_of(each, f"{path}.{name}")}
        case Named(each):
            return keys_of(each, f"{path}.*")
        case Items(each):
            inner = keys_of(each, f"{path}.*")
            return inner if inner != {f"{path}.*".lstrip(".")} else {path.lstrip(".")}
        case Choice(tables):
            return {key for table in tables for key in keys_of(table, path)}
        case _:
            return {path.lstrip(".")}


def keys_in(tree: object, shape: Shape, path: str = "") -> set[str]:
    """Every key that a file has, in the same words."""
    match shape:
        case Table(keys) if isinstance(tree, dict):
            inside = [
                keys_in(held, keys[name], f"{path}.{name}")
                if name in keys
                else {f"{path}.{name}".lstrip(".")}
                for name, held in tree.items()
            ]
        case Named(each) if isinstance(tree, dict):
            inside = [keys_in(held, each, f"{path}.*") for held in tree.values()]
        case Items(each) if isinstance(tree, list) and keys_of(each) != {""}:
            inside = [keys_in(held, each, f"{path}.*") for held in tree]
        case Choice() if isinstance(tree, dict):
            inside = [keys_in(tree, shape.table_for(tree), path)]
        case _:
            return {path.lstrip(".")}
    return set().union(*inside)


def complete_text() -> str:
    """The file of defaults with all its examples switched on."""
    return EXAMPLE.sub("", DEFAULT.read_text(encoding="utf-8"))


def test_every_key_of_the_model_stands_in_the_file_of_defaults() -> None:
    text = complete_text()
    tree = tomllib.loads(text, parse_float=Decimal)
    missing = keys_of(shape_of(Settings)) - keys_in(tree, shape_of(Settings)) - SECRETS
    of_one_kind = {key for key in missing if ".target." in key or ".path." in key}
    assert missing == of_one_kind
    for key in of_one_kind:
        assert re.search(rf"#.*\b{key.rpartition('.')[2]} = ", text), key
    for secret in SECRETS:
        assert secret.rpartition(".")[2] in text


def test_every_key_of_the_file_of_defaults_is_in_the_model() -> None:
    tree = tomllib.loads(complete_text(), parse_float=Decimal)
    assert keys_in(tree, shape_of(Settings)) <= keys_of(shape_of(Settings))


def test_every_kind_is_named_in_the_file_of_defaults() -> None:
    text = complete_text()

    def kinds(shape: Shape) -> set[str]:
        match shape:
            case Table(keys):
                return set(shape.kinds).union(*(kinds(each) for each in keys.values()))
            case Named(each) | Items(each):
                return kinds(each)
            case Choice(tables):
                return set().union(*(kinds(table) for table in tables))
            case _:
                return set()

    assert {kind for kind in kinds(shape_of(Settings)) if kind not in text} == set()


def test_the_examples_in_the_file_of_defaults_can_be_used() -> None:
    Path("complete.toml").write_text(complete_text(), encoding="utf-8")
    settings = load_settings([Path("complete.toml")], environ={})
    assert settings.bags
    assert settings.simulator.events
    assert settings.simulator.faults


def test_examples_show_the_defaults() -> None:
    """An example line that shows no default is marked as required, or belongs to an event."""
    tree = tomllib.loads(complete_text(), parse_float=Decimal)
    bare = """
        [accounts.main]
        venue = "simulator"
        [[bags]]
        name = "a"
        asset = "BTC"
        hedge = { account = "main" }
        target = { kind = "full" }
    """
    Path("bare.toml").write_text(bare)
    Path("complete.toml").write_text(complete_text(), encoding="utf-8")
    plain = load_settings([Path("bare.toml")], environ={})
    shown = load_settings([Path("complete.toml")], environ={})
    assert shown.accounts["main"] == plain.accounts["main"]
    assert shown.bags[0].band == plain.bags[0].band
    assert shown.bags[0].execution == plain.bags[0].execution
    assert shown.bags[0].hedge == plain.bags[0].hedge
    assert value_at(tree, ("simulator", "faults", 0, "account")) == "any"
    market = plain.simulator.markets["BTC"]
    assert market.model_copy(update={"path": None}) == plain.simulator.markets["ETH"].model_copy(
        update={"path": None}
    )


def test_every_setting_of_the_defaults_has_a_word_on_why() -> None:
    lines = DEFAULT.read_text(encoding="utf-8").splitlines()
    bare = [
        line
        for line, after in zip(lines, [*lines[1:], ""], strict=True)
        if re.match(r"[a-z_]+ = ", line) and "#" not in line and "#" not in after
    ]
    assert bare == ['path = { kind = "jump-diffusion", start_price_usd = 3_000 }']


def test_the_defaults_alone_are_settings_without_a_bag() -> None:
    settings = load_settings(environ={}, dotenv=None)
    assert settings.mode == "dry-run"
    assert settings.bags == ()


def test_the_defaults_are_found_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert default_file() == DEFAULT


def test_an_installed_program_finds_its_defaults_where_it_was_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path / "share" / "hedgehold" / "config" / "default.toml"
    package = tmp_path / "lib" / "bot" / "settings" / "sources.py"
    monkeypatch.setattr(sources, "__file__", str(package))
    monkeypatch.setattr(sysconfig, "get_path", lambda *_: str(tmp_path))
    with pytest.raises(ConfigError, match=r"config/default.toml is missing"):
        default_file()
    installed.parent.mkdir(parents=True)
    installed.write_text("")
    assert default_file() == installed


def test_the_configuration_files_are_shipped() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    shipped = project["tool"]["setuptools"]["data-files"]["share/hedgehold/config"]
    assert {path for pattern in shipped for path in ROOT.glob(pattern)} >= {DEFAULT, DRY_RUN}


def test_the_rehearsal_has_margin_for_its_hedge_before_and_after_its_script() -> None:
    settings = load_settings([DRY_RUN], environ={}, dotenv=None)
    held = settings.simulator.wallets["main"]
    coins = {wallet.value: amounts for wallet, amounts in held.items()}
    leverage = settings.accounts["main"].leverage
    for bag, share in zip(settings.bags, (Decimal(1), Decimal("0.5")), strict=True):
        path = settings.simulator.markets[bag.asset].path
        assert isinstance(path, JumpDiffusionPath)
        deposits = sum(
            event.coins
            for event in settings.simulator.events
            if event.kind == "deposit" and event.asset == bag.asset
        )
        price = path.start_price_usd
        short_usd = (
            share * price * (coins["spot"][bag.asset] + coins["margin"][bag.asset] + deposits)
        )
        posted = initial_margin_coin(short_usd, price, leverage)
        assert posted < coins["margin"][bag.asset] * Decimal("0.95")


def test_the_rehearsal_runs_a_cycle_a_second() -> None:
    settings = load([DRY_RUN], environ={}, dotenv=None).settings
    assert settings.cycle.interval_s == settings.simulator.speed


def test_settings_need_no_heavy_library() -> None:
    code = "import sys, bot.settings; print(*sys.modules)"
    modules = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout.split()
    heavy = {"ccxt", "sqlalchemy", "structlog", "numpy", "plotly", "rich"}
    assert heavy & set(modules) == set()
