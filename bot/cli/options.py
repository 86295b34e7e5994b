"""Options that several commands share, with the help that a stranger needs."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated, TypeAlias

import typer


def paragraphs(command: Callable[..., None]) -> str:
    """The help of a command from its docstring, each paragraph in one line for any width."""
    text = inspect.getdoc(command) or ""
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


ConfigFiles: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--config",
        "-c",
        metavar="FILE",
        show_default=False,
        help="Settings file (TOML), laid over the built-in defaults. May be repeated; a later file "
        "wins. The environment and .env win over files. Default: the defaults alone.",
    ),
]

AsJson: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--json",
        help="Print one JSON document: amounts as decimal text, times in ISO 8601, null where a "
        'number is not known, "never" where no price can reach a limit.',
    ),
]

BagName: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--bag",
        metavar="NAME",
        show_default=False,
        help="Only this bag, by its name in the settings. Default: all bags.",
    ),
]

AccountName: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--account",
        metavar="NAME",
        show_default=False,
        help="Only the bags that are hedged on this account. Default: all accounts.",
    ),
]

Reason: TypeAlias = Annotated[
    str,
    typer.Option(
        "--reason",
        metavar="TEXT",
        show_default=False,
        help="Why, in your words; it is kept in the journal and shown by status. "
        "Default: none given.",
    ),
]
