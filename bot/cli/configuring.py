"""``config show`` and ``config check``: the effective settings, and whether they can be used."""

from __future__ import annotations

import typer

from bot.cli.inputs import load, load_settings
from bot.cli.options import AsJson, ConfigFiles, paragraphs

app = typer.Typer(name="config", no_args_is_help=True, help="Look at the settings, or check them.")


def show(config: ConfigFiles = None, as_json: AsJson = False) -> None:
    """Every setting with the value in effect and where it comes from. Secrets are masked.

    A flag wins over the environment, that over .env, that over files, those over the defaults.
    """
    from bot.settings import effective

    settings = effective(load(config))
    if as_json:
        from bot.cli.output import print_json

        print_json(
            {
                "settings": [
                    {"key": one.key, "value": one.value, "source": one.source} for one in settings
                ]
            }
        )
        return
    from bot.cli import tables
    from bot.cli.output import console

    made = tables.table("setting", "value", "source", left=3)
    for one in settings:
        made.add_row(one.key, _text(one.value), one.source)
    console().print(made)


def check(config: ConfigFiles = None) -> None:
    """Say "ok", or one sentence per mistake on standard error with exit code 2."""
    from bot.adapters.ccxt.venue_names import check_venues
    from bot.cli.output import console

    settings = load_settings(config)
    check_venues(settings)
    counts = (
        _counted(len(settings.bags), "bag"),
        _counted(len(settings.accounts), "account"),
        _counted(len(config or ()), "file"),
    )
    nothing = "" if settings.bags else "; without a bag there is nothing to hedge"
    console().print(f"ok: {', '.join(counts)}, mode {settings.mode}{nothing}")


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case list():
            return f"[{', '.join(_text(item) for item in value)}]"
        case _:
            return str(value)


for _command in (show, check):
    app.command(help=paragraphs(_command))(_command)
