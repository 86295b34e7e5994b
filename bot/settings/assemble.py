"""All layers in their order: defaults, files, `.env`, credentials, environment, flags.

Files say which accounts, bags and markets there are. The environment and flags override values of
what is there, so each of their names is compared with the tree of keys, and one that fits nowhere
is a mistake: it would otherwise change nothing, silently.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from difflib import SequenceMatcher, get_close_matches
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from bot.settings.address import passwords_in
from bot.settings.credentials import read_credentials
from bot.settings.layers import Layers, Origin, Place
from bot.settings.shape import Choice, Items, Leaf, Named, Shape, Table, dotted, leaves, value_at
from bot.settings.sources import default_file, read_dotenv, read_toml

PREFIX: Final = "HEDGEHOLD_"


def assemble(
    shape: Shape,
    files: Sequence[Path],
    overrides: Mapping[str, object],
    environ: Mapping[str, str],
    dotenv: Path | None,
) -> tuple[Layers, list[str]]:
    """The layers, and a sentence for each name or value that cannot be laid.

    Raises :class:`bot.errors.ConfigError` for files that cannot be read at all.
    """
    layers, mistakes = Layers(), list[str]()
    default = default_file()
    for path in (default, *files):
        values = read_toml(path)
        origin = Origin(Place.FILE, str(path))
        if path == default:
            origin = Origin(Place.DEFAULT, "config/default.toml")
        mistakes += _take_secrets_out(shape, values, origin.where)
        layers.lay(values, origin)
    if dotenv is not None:
        variables = read_dotenv(dotenv)
        mistakes += _lay_variables(layers, shape, variables, Place.DOTENV)
    handed_over = read_credentials(environ)
    mistakes += _lay_variables(layers, shape, handed_over, Place.CREDENTIALS)
    mistakes += _lay_variables(layers, shape, environ, Place.ENVIRONMENT)
    mistakes += _lay_flags(layers, shape, overrides)
    return layers, mistakes


def variable_name(path: Sequence[str | int]) -> str:
    """The environment name of a key."""
    return PREFIX + "__".join(str(key).upper() for key in path)


def _places(
    shape: Shape, tree: object, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Leaf | Items]]:
    """What a name can set: single values and whole lists, for the names that the tree has."""
    match shape:
        case Leaf() | Items():
            yield path, shape
        case Table(keys):
            for key, under in keys.items():
                yield from _places(under, value_at(tree, (key,)), (*path, key))
        case Choice():
            yield from _places(shape.table_for(tree), tree, path)
        case Named(each):
            for name, held in tree.items() if isinstance(tree, Mapping) else ():
                yield from _places(each, held, (*path, name))


def _take_secrets_out(shape: Shape, values: dict[str, object], where: str) -> list[str]:
    """Remove secrets from the values of a file or of flags, and say where they belong."""
    mistakes = []
    for path, leaf in list(leaves(shape, values)):
        held = value_at(values, path)
        if not leaf.secret or held is None or held == []:
            continue
        what = "a secret"
        if path == ("journal", "url"):
            if not isinstance(held, str) or not passwords_in(held):
                continue
            what = "an address with a password"
        table = value_at(values, path[:-1])
        if isinstance(table, dict):
            del table[path[-1]]
        mistakes.append(
            f"{dotted(path)} {where}: {what} does not belong here; put it into the environment "
            f"or .env as {variable_name(path)}"
        )
    return mistakes


def _lay_variables(
    layers: Layers, shape: Shape, variables: Mapping[str, str], place: Place
) -> list[str]:
    known = {variable_name(path): (path, kind) for path, kind in _places(shape, layers.tree)}
    mistakes = []
    for name, text in variables.items():
        found = known.get(name.upper())
        if found is None:
            if (meant := _meant(name, known, place)) is not None:
                mistakes.append(f"{name} ({place.value}): there is no such setting; {meant}")
            continue
        path, kind = found
        value: object = text.strip()
        if not value:
            mistakes.append(f"{name} ({place.value}): it is empty; give it a value or remove it")
            continue
        if isinstance(kind, Items):
            hidden = isinstance(kind.each, Leaf) and kind.each.secret
            value = _secrets_from(text) if hidden else _list_from(text)
            if value is None:
                mistakes.append(
                    f"{name} ({place.value}): this is not a list; write it as in a file, "
                    'such as ["spot", "funding"]'
                )
                continue
        elif kind.secret:
            value = SecretStr(text.strip())
        layers.put(path, value, Origin(place, name))
    return mistakes


def _lay_flags(layers: Layers, shape: Shape, overrides: Mapping[str, object]) -> list[str]:
    known = {dotted(path): (path, kind) for path, kind in _places(shape, layers.tree)}
    mistakes = []
    for key, value in overrides.items():
        found = known.get(key)
        if found is None:
            near = get_close_matches(key, known, n=1)
            advice = f"did you mean {near[0]}?" if near else "`hedgehold config show` lists all"
            mistakes.append(f"{key} on the command line: there is no such setting; {advice}")
            continue
        path, _ = found
        flags = Layers()
        flags.put(path, value, Origin(Place.FLAG))
        mistakes += _take_secrets_out(shape, flags.tree, Origin(Place.FLAG).where)
        if value_at(flags.tree, path) is not None:
            layers.put(path, value, Origin(Place.FLAG))
    return mistakes


def _meant(name: str, known: Mapping[str, object], place: Place) -> str | None:
    """What a name that fits nowhere may have meant; None where it is not meant for us at all."""
    ends = [one.removeprefix(PREFIX) for one in known]
    upper = name.upper()
    if upper.startswith(PREFIX):
        near = get_close_matches(upper.removeprefix(PREFIX), ends, n=1)
        if near:
            return f"did you mean {PREFIX}{near[0]}?"
        return "remove it, or define in a file what it names"
    if place is not Place.ENVIRONMENT and upper in ends:
        return f"did you mean {PREFIX}{upper}?"
    head, _, end = upper.partition("_")
    if SequenceMatcher(None, head, PREFIX.rstrip("_")).ratio() > 0.7:
        near = get_close_matches(end, ends, n=1, cutoff=0.9)
        return f"did you mean {PREFIX}{near[0]}?" if near else None
    return None


def _secrets_from(text: str) -> list[object] | None:
    """Secrets as a list in a file would have them, or with blanks between them."""
    held = _list_from(text) if text.lstrip().startswith("[") else list[object](text.split())
    return held and [SecretStr(one) if isinstance(one, str) else one for one in held]


def _list_from(text: str) -> list[object] | None:
    try:
        read = tomllib.loads(f"list = {text}", parse_float=Decimal)
    except tomllib.TOMLDecodeError:
        return None
    held = read.pop("list")
    return held if isinstance(held, list) and not read else None
