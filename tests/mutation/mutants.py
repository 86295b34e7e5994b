"""Every small way to break a module: one changed operator, number, condition or answer each.

Words for people (docstrings, reasons) and types are left alone: a sentence that changes breaks
nothing.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final


@dataclass(frozen=True)
class Mutant:
    """One way to break a module: the line, what stood there, and what stands there instead.

    ``in_function``: nothing changes while the module is imported, only when a function is called.
    """

    line: int
    before: str
    after: str
    in_function: bool
    tree: ast.Module

    def __str__(self) -> str:
        return f"line {self.line}: {self.before}  →  {self.after}"


_COMPARISONS: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_ARITHMETIC: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
}
_NAMES: Final = {
    "ZERO": "ONE",
    "ONE": "ZERO",
    "HALF": "ONE",
    "min": "max",
    "max": "min",
    "any": "all",
    "all": "any",
    "floor_to": "ceil_to",
    "ceil_to": "floor_to",
}


def mutants_of(path: Path) -> list[Mutant]:
    """All mutants of a module, in the order of its lines."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = []
    later = _run_later(tree)
    for number, node in enumerate(_code(tree)):
        for change in _changes(node):
            broken = copy.deepcopy(tree)
            twin = list(_code(broken))[number]
            after = change(twin)
            ast.fix_missing_locations(broken)
            line = getattr(
                node.ifs[0] if isinstance(node, ast.comprehension) else node, "lineno", 0
            )
            before = ast.unparse(node).splitlines()[0]
            found.append(Mutant(line, before, after, node in later, broken))
    return sorted(found, key=lambda mutant: mutant.line)


def _run_later(tree: ast.AST) -> set[ast.AST]:
    """Everything inside the bodies of functions."""
    return {
        node
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for statement in function.body
        for node in ast.walk(statement)
    }


def _code(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node that runs: without types, decorators, docstrings and the text around figures."""
    yield tree
    for name, value in ast.iter_fields(tree):
        if name in {"annotation", "returns", "decorator_list", "format_spec"}:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not isinstance(child, ast.Import | ast.ImportFrom):
                yield from _code(child)


Change = Callable[[ast.AST], str]


def _changes(node: ast.AST) -> Iterator[Change]:  # noqa: PLR0912 - one case per kind of node
    match node:
        case ast.Compare(ops=ops):
            for number, op in enumerate(ops):
                yield _set_op(number, _COMPARISONS[type(op)])
        case ast.BoolOp(op=ast.And()):
            yield _set("op", ast.Or())
        case ast.BoolOp(op=ast.Or()):
            yield _set("op", ast.And())
        case ast.BinOp(op=op) | ast.AugAssign(op=op) if type(op) in _ARITHMETIC:
            yield _set("op", _ARITHMETIC[type(op)]())
        case ast.UnaryOp(op=ast.USub()):
            yield _set("op", ast.UAdd())
        case ast.If() | ast.IfExp() | ast.While() | ast.comprehension(ifs=[_, *_]):
            yield _negate
        case ast.Return(value=value) if not _is_none(value):
            yield _set("value", ast.Constant(None))
        case ast.Constant(value=bool() as flag):
            yield _set("value", not flag)
        case ast.Constant(value=int() as number):
            yield _set("value", number + 1)
        case ast.Call(func=ast.Name(id="Decimal"), args=[ast.Constant(value=str() as text)]):
            yield _set("args", [ast.Constant(str(Decimal(text) + 1))])
        case ast.Name(id=name) if name in _NAMES and isinstance(node.ctx, ast.Load):
            yield _set("id", _NAMES[name])
        case _:
            return


def _is_none(value: ast.expr | None) -> bool:
    return value is None or (isinstance(value, ast.Constant) and value.value is None)


def _set(field: str, value: object) -> Change:
    def change(node: ast.AST) -> str:
        setattr(node, field, value)
        return ast.unparse(node)

    return change


def _set_op(number: int, op: type[ast.cmpop]) -> Change:
    def change(node: ast.AST) -> str:
        assert isinstance(node, ast.Compare)
        node.ops[number] = op()
        return ast.unparse(node)

    return change


def _negate(node: ast.AST) -> str:
    match node:
        case ast.If() | ast.IfExp() | ast.While():
            node.test = ast.UnaryOp(ast.Not(), node.test)
            return f"{type(node).__name__.lower()} {ast.unparse(node.test)}"
        case ast.comprehension():
            node.ifs[0] = ast.UnaryOp(ast.Not(), node.ifs[0])
            return f"if {ast.unparse(node.ifs[0])}"
    raise AssertionError(node)
