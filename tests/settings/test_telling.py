"""How the bot is heard and seen: addresses that are secrets, and pages for this machine alone."""

import io
import traceback

import pytest
import structlog

from bot.errors import ConfigError
from bot.logs import Redaction, configure
from bot.settings import effective, secrets_of
from bot.settings.telling import scheme_of, secrets_in_apprise_url
from tests.settings.setting import VALID, complaints, loaded

TOKEN = "123456789:AAF-token-of-a-robot"
PASSWORD = "hush"
URLS = f"tgram://{TOKEN}/4711 mailto://ann:{PASSWORD}@mail.example.com?to=ann@example.com"
ENVIRON = {"HEDGEHOLD_NOTIFY__URLS": URLS}


def nothing_of_it_in(text: str) -> bool:
    return not any(part in text for part in (TOKEN, TOKEN.partition(":")[2], PASSWORD))


def test_addresses_come_from_the_environment_with_blanks_between_them() -> None:
    notify = loaded(environ=ENVIRON).settings.notify
    assert [url.get_secret_value() for url in notify.urls] == URLS.split()
    assert notify.schemes == ("tgram", "mailto")


def test_addresses_may_also_be_a_list_as_in_a_file() -> None:
    text = '["json://127.0.0.1:1/a b", "tgram://x/1"]'.replace(" b", "b")
    urls = loaded(environ={"HEDGEHOLD_NOTIFY__URLS": text}).settings.notify.urls
    assert [url.get_secret_value() for url in urls] == ["json://127.0.0.1:1/ab", "tgram://x/1"]


def test_nobody_is_told_unless_somebody_is_named() -> None:
    settings = loaded().settings
    assert settings.notify.urls == ()
    assert settings.http.port is None


def test_an_address_in_a_file_is_refused_without_repeating_it() -> None:
    assert complaints(VALID + f'[notify]\nurls = ["tgram://{TOKEN}/1"]\n') == [
        (
            "notify.urls in my.toml: a secret does not belong here; put it into the environment "
            "or .env as HEDGEHOLD_NOTIFY__URLS"
        )
    ]


def test_an_empty_list_in_a_file_is_no_secret() -> None:
    assert loaded(VALID + "[notify]\nurls = []\n").settings.notify.urls == ()


@pytest.mark.parametrize("given", [PASSWORD, f'["{PASSWORD}"]', f"json://x {PASSWORD}"])
def test_what_is_no_address_is_one_sentence_without_repeating_it(given: str) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(environ={"HEDGEHOLD_NOTIFY__URLS": given})
    told = "".join(traceback.format_exception(caught.value))
    assert "this is no address of Apprise" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert nothing_of_it_in(told)


def test_explained_settings_show_the_kind_of_an_address_and_no_more() -> None:
    found = loaded(environ=ENVIRON)
    rows = {row.key: row for row in effective(found)}
    assert rows["notify.urls"].value == ["tgram://***", "mailto://***"]
    assert rows["notify.urls"].source == "environment"
    assert nothing_of_it_in(repr(rows) + repr(found) + found.settings.model_dump_json())


def test_the_log_masks_addresses_and_their_parts() -> None:
    settings = loaded(environ=ENVIRON).settings
    stream = io.StringIO()
    configure("info", "json", stream, secrets=secrets_of(settings))
    try:
        log = structlog.get_logger()
        log.info("told", whole=URLS, part=f"https://api.telegram.org/bot{TOKEN}/x")
    finally:
        structlog.reset_defaults()
    assert nothing_of_it_in(stream.getvalue())


def test_where_an_address_leads_is_no_secret() -> None:
    redact = Redaction(secrets_in_apprise_url("json://127.0.0.1:8080/hedge?verify=no")).text
    assert redact("127.0.0.1 8080 mail.example.com") == "127.0.0.1 8080 mail.example.com"


def test_the_kind_of_an_address_is_what_stands_before_the_slashes() -> None:
    assert [scheme_of(url) for url in ("TGram://a/b", "json:x", "")] == ["tgram", "", ""]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.7", "::"])
def test_other_machines_are_let_in_only_where_that_is_asked_for_in_words(host: str) -> None:
    toml = VALID + f'[http]\nhost = "{host}"\n'
    assert complaints(toml) == [
        (
            f"http.host in my.toml: {host} can be reached from other machines, and the pages there "
            "ask for no password; write 127.0.0.1, or add 'other machines may read' to http.confirm"
        )
    ]
    asked = loaded(toml + 'confirm = ["other machines may read"]\n').settings
    assert asked.http.host == host


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.0.0.2"])
def test_this_machine_needs_no_words(host: str) -> None:
    assert loaded(VALID + f'[http]\nhost = "{host}"\nport = 8787\n').settings.http.port == 8787


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('host = "bot.lan"', "'bot.lan' is no address to listen at; write one such as 127.0.0.1"),
        ("port = 70000", "70000 is not a port from 0 to 65535"),
        ('called = ["http://bot"]', "is not the name of a machine"),
        ('confirm = ["yes"]', "'yes' is not one of other machines may read"),
    ],
)
def test_a_mistake_about_the_pages_is_one_sentence(line: str, told: str) -> None:
    (said,) = complaints(VALID + f"[http]\n{line}\n")
    assert told in said
