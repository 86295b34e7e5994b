"""The log: one line per event, stable and plain, and nothing secret in any of them."""

import io
import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path

import pytest
import structlog
from pydantic import SecretStr

from bot.errors import Refused
from bot.logs import Format, Level, Redaction, configure

SECRET = "s3cret\"with'quotes\\and/slashes"


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class Colour(Enum):
    GREEN = "green"


@dataclass(frozen=True)
class Pair:
    amount: Decimal
    colour: Colour


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


def logged(
    fields: Mapping[str, object],
    *,
    level: Level = "info",
    fmt: Format = "json",
    stream: io.StringIO | None = None,
    secrets: tuple[str, ...] = (SECRET,),
) -> str:
    """What one event looks like in the log."""
    stream = io.StringIO() if stream is None else stream
    configure(level, fmt, stream, secrets=secrets)
    structlog.get_logger().info("cycle", **fields)
    return stream.getvalue()


def line_of(
    fields: Mapping[str, object], *, secrets: tuple[str, ...] = (SECRET,)
) -> dict[str, object]:
    """The fields of one event, read back from its JSON line."""
    line = json.loads(logged(fields, secrets=secrets))
    assert isinstance(line, dict)
    return line


def test_a_line_begins_with_time_level_and_event_and_goes_on_in_alphabetical_order() -> None:
    line = line_of({"zebra": 1, "asset": "BTC", "mark": 2})
    assert list(line) == ["timestamp", "level", "event", "asset", "mark", "zebra"]
    assert (line["level"], line["event"]) == ("info", "cycle")
    assert str(line["timestamp"]).endswith("Z")


def test_an_event_is_one_line_whatever_it_holds() -> None:
    assert logged({"text": "two\nlines"}).count("\n") == 1


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (Decimal("1E-7"), "0.0000001"),
        (Decimal("5.500"), "5.5"),
        (Decimal("-0.1"), "-0.1"),
        (Decimal("NaN"), "NaN"),
        (datetime(2026, 1, 1, 12, tzinfo=UTC), "2026-01-01T12:00:00+00:00"),
        (Colour.GREEN, "green"),
        (Path("var/x"), "var/x"),
        (None, None),
        (True, True),
        (7, 7),
        (0.25, 0.25),
        (float("inf"), "inf"),
        ((Decimal(1), [Colour.GREEN]), ["1", ["green"]]),
        ({"b": Decimal(1), Colour.GREEN: 2}, {"b": "1", "green": 2}),
        (frozenset({"b", "a"}), ["a", "b"]),
        (Pair(Decimal("1.10"), Colour.GREEN), {"amount": "1.1", "colour": "green"}),
        (Refused("no"), "Refused: no"),
        (SecretStr("hidden"), "**********"),
    ],
)
def test_every_value_has_a_plain_form(given: object, shown: object) -> None:
    assert line_of({"value": given})["value"] == shown


@pytest.mark.parametrize(("level", "lines"), [("info", 1), ("warning", 0), ("debug", 1)])
def test_less_than_the_level_is_not_logged(level: Level, lines: int) -> None:
    assert logged({}, level=level).count("\n") == lines


@pytest.mark.parametrize(
    ("fmt", "stream", "json_lines", "colours"),
    [
        ("auto", io.StringIO, True, False),
        ("auto", Terminal, False, True),
        ("json", Terminal, True, False),
        ("pretty", Terminal, False, True),
        ("pretty", io.StringIO, False, False),
    ],
)
def test_a_terminal_gets_colours_and_everything_else_none(
    fmt: Format, stream: type[io.StringIO], json_lines: bool, colours: bool
) -> None:
    text = logged({"asset": "BTC"}, fmt=fmt, stream=stream())
    assert text.startswith("{") is json_lines
    assert ("\x1b[" in text) is colours
    assert "BTC" in text


def test_colours_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in logged({}, fmt="pretty", stream=Terminal())


def test_configuring_again_replaces_the_earlier_configuration() -> None:
    first, second = io.StringIO(), io.StringIO()
    configure("info", "json", first)
    configure("info", "json", second)
    structlog.get_logger().info("here")
    logging.getLogger("library").warning("here too")
    assert first.getvalue() == ""
    assert second.getvalue().count("\n") == 2


def test_libraries_are_heard_from_warnings_on_in_the_same_form() -> None:
    stream = io.StringIO()
    configure("debug", "json", stream, secrets=(SECRET,))
    log = logging.getLogger("library.part")
    log.info("not heard")
    log.warning("signed with %s", SECRET)
    (line,) = [json.loads(text) for text in stream.getvalue().splitlines()]
    assert line["event"] == "signed with ***"
    assert (line["level"], line["logger"]) == ("warning", "library.part")


def fail_with_a_secret() -> None:
    local = "a local variable that nobody may see"
    raise Refused(f"venue said: {SECRET}") from ValueError(local[:1])


@pytest.mark.parametrize("fmt", ["json", "pretty"])
@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
@pytest.mark.parametrize("foreign", [False, True])
def test_a_traceback_shows_no_local_variables_and_no_secret(
    fmt: Format, stream: type[io.StringIO], foreign: bool
) -> None:
    out = stream()
    configure("info", fmt, out, secrets=(SECRET,))
    try:
        fail_with_a_secret()
    except Refused:
        if foreign:
            logging.getLogger("library").exception("failed")
        else:
            structlog.get_logger().exception("failed")
    text = out.getvalue()
    assert "fail_with_a_secret" in text
    assert "venue said: ***" in text
    assert "nobody may see" not in text
    assert SECRET not in text


@pytest.mark.parametrize("fmt", ["json", "pretty"])
def test_a_registered_secret_is_masked_wherever_it_stands(fmt: Format) -> None:
    fields = {
        "plain": SECRET,
        "inside": f"before {SECRET} after",
        "nested": {"list": [{"deep": (SECRET,)}]},
        "quoted": repr(SECRET),
        "in_json": json.dumps({"a": SECRET}),
        "in_url": "https://host/?k=s3cret%22with%27quotes%5Cand/slashes",
        "error": Refused(SECRET),
        f"name {SECRET}": 1,
    }
    text = logged(fields, fmt=fmt)
    assert "s3cret" not in text
    assert text.count("***") == 8


@pytest.mark.parametrize(
    "name",
    [
        "api_key",
        "apiKey",
        "API_SECRET",
        "apiSecret",
        "secret",
        "password",
        "X-MBX-APIKEY",
        "Authorization",
        "signature",
        "access_token",
        "passphrase",
        "private_key",
        "cookie",
        "HEDGEHOLD_ACCOUNTS__MAIN__API_KEY",
    ],
)
def test_a_field_named_like_a_key_is_masked_at_any_depth(name: str) -> None:
    line = line_of({"headers": [{name: "visible?"}], name: "visible?"}, secrets=())
    assert line[name] == "***"
    assert line["headers"] == [{name: "***"}]


@pytest.mark.parametrize(
    "name", ["key", "bucket", "tokens_left", "client_order_id", "keyed", "secretary"]
)
def test_other_fields_are_left_alone(name: str) -> None:
    assert line_of({name: "visible"}, secrets=())[name] == "visible"


def test_a_key_that_is_not_set_shows_that_it_is_not() -> None:
    assert line_of({"api_key": None})["api_key"] is None


def test_the_longest_of_overlapping_secrets_is_masked_whole() -> None:
    assert Redaction(("abc", "abcdef")).text("abcdef abc") == "*** ***"


def test_no_secret_masks_nothing() -> None:
    assert Redaction(("",)).text("anything") == "anything"


def test_redaction_leaves_the_event_itself_as_it_was() -> None:
    event = {"nested": {"password": "x"}}
    Redaction()(None, "info", event)
    assert event == {"nested": {"password": "x"}}
