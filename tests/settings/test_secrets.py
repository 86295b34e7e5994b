"""Secrets come in through the environment or .env alone, and go out nowhere."""

import io
import json
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from pydantic import ValidationError

from bot.errors import ConfigError
from bot.logs import configure
from bot.settings import effective, secrets_of
from bot.settings.accounts import AccountSettings
from bot.settings.address import passwords_in, shown_address
from tests.settings.setting import VALID, complaints, loaded

KEY = "AKIA-very-long-key"
SECRET = "5ecret/with?signs&such"
PASSWORD = "p@ss/w:rd%21"
ENVIRON = {
    "HEDGEHOLD_ACCOUNTS__MAIN__API_KEY": KEY,
    "HEDGEHOLD_ACCOUNTS__MAIN__API_SECRET": SECRET,
    "HEDGEHOLD_JOURNAL__URL": f"postgresql://user:{PASSWORD}@host/db?sslpassword=hush",
}
HIDDEN = (KEY, SECRET, PASSWORD, "p@ss/w:rd!", "w:rd", "hush")


def nothing_of_it_in(text: str) -> bool:
    return not any(secret in text for secret in HIDDEN)


@pytest.fixture
def _structlog_as_it_was() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def test_secrets_reach_the_settings() -> None:
    settings = loaded(environ=ENVIRON).settings
    assert set(secrets_of(settings)) == {KEY, SECRET, PASSWORD, "p@ss/w:rd!", "hush"}


def test_settings_without_secrets_have_none() -> None:
    assert secrets_of(loaded().settings) == ()


def test_settings_do_not_show_their_secrets() -> None:
    found = loaded(environ=ENVIRON)
    assert nothing_of_it_in(repr(found) + str(found.settings) + repr(found.layers))
    assert nothing_of_it_in(found.settings.model_dump_json())


def test_explained_settings_show_that_there_is_a_secret_and_no_more() -> None:
    rows = {row.key: row for row in effective(loaded(environ=ENVIRON))}
    assert nothing_of_it_in(repr(rows))
    assert rows["accounts.main.api_key"].value == "***"
    assert rows["accounts.main.api_key"].source == "environment"
    assert rows["journal.url"].value == "postgresql://user:***@host/db?***"


@pytest.mark.parametrize("name", ["api_key", "api_secret"])
def test_a_secret_in_a_file_is_refused_without_repeating_it(name: str) -> None:
    toml = VALID.replace('venue = "simulator"', f'venue = "simulator"\n{name} = "{KEY}"')
    assert complaints(toml) == [
        (
            f"accounts.main.{name} in my.toml: a secret does not belong here; put it into the "
            f"environment or .env as HEDGEHOLD_ACCOUNTS__MAIN__{name.upper()}"
        )
    ]


def test_a_secret_on_the_command_line_is_refused_without_repeating_it() -> None:
    assert complaints(overrides={"accounts.main.api_key": KEY}) == [
        (
            "accounts.main.api_key on the command line: a secret does not belong here; put it into "
            "the environment or .env as HEDGEHOLD_ACCOUNTS__MAIN__API_KEY"
        )
    ]


def test_a_password_in_a_file_is_refused_without_repeating_it() -> None:
    toml = VALID + f'[journal]\nurl = "postgresql://user:{PASSWORD}@host/db"\n'
    assert complaints(toml) == [
        (
            "journal.url in my.toml: an address with a password does not belong here; put it into "
            "the environment or .env as HEDGEHOLD_JOURNAL__URL"
        )
    ]


def test_an_address_without_a_password_may_stand_in_a_file() -> None:
    toml = VALID + '[journal]\nurl = "postgresql://user@host/db"\n'
    rows = {row.key: row.value for row in effective(loaded(toml))}
    assert rows["journal.url"] == "postgresql://user@host/db"


@pytest.mark.parametrize(
    "environ",
    [
        {"HEDGEHOLD_ACCOUNTS__MAIN__API_SECRET": "5ecret"},
        {"HEDGEHOLD_JOURNAL__URL": "5ecret://user:5ecret@host"},
        {"HEDGEHOLD_ACCOUNTS__MIAN__API_SECRET": "5ecret-but-misspelt"},
        {"HEDGEHOLD_ACCOUNTS__MAIN__API_SECRET": "5ecret-and-fine", "HEDGEHOLD_LOG__LEVEL": "x"},
    ],
)
def test_a_mistake_near_a_secret_does_not_repeat_it(environ: dict[str, str]) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(environ=environ)
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert "5ecret" not in told


def test_a_key_that_is_too_short_was_not_copied_whole() -> None:
    assert complaints(environ={"HEDGEHOLD_ACCOUNTS__MAIN__API_KEY": "abc"}) == [
        (
            "accounts.main.api_key from HEDGEHOLD_ACCOUNTS__MAIN__API_KEY (environment): it has "
            "fewer than 8 characters, so it is no key; copy the whole key"
        )
    ]


@pytest.mark.usefixtures("_structlog_as_it_was")
def test_the_log_masks_the_secrets_of_the_settings() -> None:
    settings = loaded(environ=ENVIRON).settings
    stream = io.StringIO()
    configure("info", "json", stream, secrets=secrets_of(settings))
    log = structlog.get_logger()
    log.info("connect", url=settings.journal.url.get_secret_value(), settings=settings)
    try:
        raise ConfigError(f"refused: {KEY} signed with {SECRET}")
    except ConfigError:
        log.exception("connect")
    assert len([json.loads(line) for line in stream.getvalue().splitlines()]) == 2
    assert nothing_of_it_in(stream.getvalue())


@pytest.mark.parametrize(
    ("url", "shown", "passwords"),
    [
        ("sqlite:///var/a:b@c.db", "sqlite:///var/a:b@c.db", ()),
        ("postgresql://host/db", "postgresql://host/db", ()),
        ("postgresql://me@host/db", "postgresql://me@host/db", ()),
        ("postgresql://me:pw@host/db", "postgresql://me:***@host/db", ("pw",)),
        ("postgresql://me:p/w@x@host/db", "postgresql://me:***@host/db", ("p/w@x",)),
        ("postgresql://me:p%40w@host/db", "postgresql://me:***@host/db", ("p%40w", "p@w")),
        ("postgresql:///db?password=pw&a=b", "postgresql:///db?***", ("pw",)),
        ("not an address", "not an address", ()),
    ],
)
def test_an_address_shows_everything_but_its_password(
    url: str, shown: str, passwords: tuple[str, ...]
) -> None:
    assert shown_address(url) == shown
    assert passwords_in(url) == passwords


def test_the_example_of_a_dotenv_file_names_real_settings() -> None:
    example = Path(__file__).parents[2] / ".env.example"
    lines = [line.removeprefix("# ") for line in example.read_text().splitlines()]
    names = [line.partition("=")[0] for line in lines if line.startswith("HEDGEHOLD_")]
    assert names
    given = {name: f"{name}-the-secret" for name in names}
    given["HEDGEHOLD_NOTIFY__URLS"] = "tgram://the-secret/1"
    filled = "".join(f"{name.replace('NAME', 'MAIN')}={text}\n" for name, text in given.items())
    Path(".env").write_text(filled)
    assert set(given.values()) <= set(secrets_of(loaded().settings))


def test_a_check_of_types_does_not_quote_what_it_was_given() -> None:
    with pytest.raises(ValidationError) as caught:
        AccountSettings.model_validate({"venue": "simulator", "api_key": [KEY]})
    assert nothing_of_it_in(str(caught.value))
