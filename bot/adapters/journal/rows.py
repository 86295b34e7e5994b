"""Records as rows of the journal's tables, and back; each pair keeps everything."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias

from bot.adapters.journal.encoding import (
    figures_from,
    figures_text,
    memory_from,
    memory_text,
    names_from,
    names_text,
    optional_decimal,
    optional_text,
    report_from,
    report_text,
    sight_from,
    sight_text,
    time_from,
    time_text,
)
from bot.domain.account import EntryKind, LedgerEntry, Wallet
from bot.domain.limits import TradingState
from bot.domain.orders import Fill, FillCause, OrderIntent, OrderStatus, Side, TimeInForce
from bot.domain.quantities import ZERO, ClientOrderId
from bot.domain.records import (
    Action,
    BagMemory,
    Control,
    CycleRecord,
    Flow,
    OrderRecord,
    Outcome,
    Transfer,
    TransferStatus,
)

Value: TypeAlias = str | int | float | None
Row: TypeAlias = dict[str, Value]
StoredRow: TypeAlias = Mapping[str, Any]
"""A row as a database gives it back; what it holds is checked by the functions below."""


def cycle_row(record: CycleRecord, memory: BagMemory | None, written_at: datetime) -> Row:
    """A bag's cycle. ``remembered`` is None where the bag goes on with what it remembered."""
    return {
        "cycle": record.cycle,
        "bag": record.bag,
        "at": time_text(record.at),
        "written_at": time_text(written_at),
        "asset": record.asset,
        "account": record.account,
        "symbol": record.symbol,
        "mode": record.mode,
        "state": record.state.value,
        "outcome": record.outcome.value,
        "action": record.action.value,
        "contracts": str(record.contracts),
        "reason": record.reason,
        "age_s": record.age_s,
        "took_s": record.took_s,
        "orders": names_text(record.orders),
        "sight": None if record.sight is None else sight_text(record.sight),
        "figures": figures_text(record.figures),
        "remembered": None if memory is None else memory_text(memory),
        "remembered_by": record.bag,
    }


def cycle_from(row: StoredRow) -> CycleRecord:
    """The cycle again."""
    return CycleRecord(
        cycle=row["cycle"],
        bag=row["bag"],
        asset=row["asset"],
        account=row["account"],
        symbol=row["symbol"],
        mode=row["mode"],
        at=time_from(row["at"]),
        age_s=row["age_s"],
        took_s=row["took_s"],
        state=TradingState(row["state"]),
        outcome=Outcome(row["outcome"]),
        action=Action(row["action"]),
        contracts=Decimal(row["contracts"]),
        reason=row["reason"],
        orders=names_from(row["orders"]),
        sight=None if row["sight"] is None else sight_from(row["sight"]),
        figures=figures_from(row["figures"]),
    )


def memory_in(row: StoredRow) -> BagMemory | None:
    """What a bag remembers after a cycle; None where it never was told anything."""
    return None if row["memory"] is None else memory_from(row["memory"])


def order_row(order: OrderRecord) -> Row:
    """An order's whole record; its ``number`` is the journal's to give."""
    intent = order.intent
    return {
        "client_order_id": intent.client_order_id,
        "bag": intent.bag,
        "account": intent.account,
        "symbol": intent.symbol,
        "side": intent.side.value,
        "contracts": str(intent.contracts),
        "notional_usd": str(intent.notional_usd),
        "limit_usd": optional_text(intent.limit_usd),
        "time_in_force": intent.time_in_force.value,
        "reduce_only": int(intent.reduce_only),
        "position_side": intent.position_side,
        "cycle": order.cycle,
        "intended_at": time_text(order.intended_at),
        **order_progress_row(order),
    }


def order_progress_row(order: OrderRecord) -> Row:
    """The part of an order's row that changes after it was intended."""
    return {
        "status": order.status.value,
        "updated_at": time_text(order.updated_at),
        "report": None if order.report is None else report_text(order.report),
        "note": order.note,
    }


def order_from(row: StoredRow) -> OrderRecord:
    """The order again."""
    return OrderRecord(
        intent=OrderIntent(
            client_order_id=ClientOrderId(row["client_order_id"]),
            bag=row["bag"],
            account=row["account"],
            symbol=row["symbol"],
            side=Side(row["side"]),
            contracts=Decimal(row["contracts"]),
            notional_usd=Decimal(row["notional_usd"]),
            limit_usd=optional_decimal(row["limit_usd"]),
            time_in_force=TimeInForce(row["time_in_force"]),
            reduce_only=bool(row["reduce_only"]),
            position_side=row["position_side"],
        ),
        cycle=row["cycle"],
        status=OrderStatus(row["status"]),
        intended_at=time_from(row["intended_at"]),
        updated_at=time_from(row["updated_at"]),
        report=None if row["report"] is None else report_from(row["report"]),
        note=row["note"],
    )


def fill_row(account: str, fill: Fill) -> Row:
    """A trade of an account."""
    return {
        "account": account,
        "symbol": fill.symbol,
        "trade_id": fill.trade_id,
        "venue_order_id": fill.venue_order_id,
        "client_order_id": fill.client_order_id,
        "side": fill.side.value,
        "contracts": str(fill.contracts),
        "face_usd": str(fill.face_usd),
        "price_usd": str(fill.price_usd),
        "fee_coin": optional_text(fill.fee_coin),
        "realised_coin": optional_text(fill.realised_coin),
        "maker": None if fill.maker is None else int(fill.maker),
        "cause": fill.cause.value,
        "at": time_text(fill.at),
    }


def fill_from(row: StoredRow) -> tuple[str, Fill]:
    """The account's name and its trade again."""
    client_id = row["client_order_id"]
    return row["account"], Fill(
        trade_id=row["trade_id"],
        venue_order_id=row["venue_order_id"],
        client_order_id=None if client_id is None else ClientOrderId(client_id),
        symbol=row["symbol"],
        side=Side(row["side"]),
        contracts=Decimal(row["contracts"]),
        face_usd=Decimal(row["face_usd"]),
        price_usd=Decimal(row["price_usd"]),
        fee_coin=optional_decimal(row["fee_coin"]),
        realised_coin=optional_decimal(row["realised_coin"]),
        maker=None if row["maker"] is None else bool(row["maker"]),
        cause=FillCause(row["cause"]),
        at=time_from(row["at"]),
    )


def own_fill_from(row: StoredRow) -> tuple[int, Decimal]:
    """A fill's number and signed contracts; without a side it is a number alone."""
    if row["side"] is None:
        return row["number"], ZERO
    return row["number"], Decimal(row["contracts"]) * Side(row["side"]).sign


def ledger_row(account: str, entry: LedgerEntry) -> Row:
    """A line of a venue's ledger."""
    return {
        "account": account,
        "entry_id": entry.entry_id,
        "at": time_text(entry.at),
        "wallet": entry.wallet.value,
        "asset": entry.asset,
        "kind": entry.kind.value,
        "amount_coin": str(entry.amount_coin),
        "symbol": entry.symbol,
        "funding_rate": optional_text(entry.funding_rate),
    }


def ledger_from(row: StoredRow) -> tuple[str, LedgerEntry]:
    """The account's name and the line again."""
    return row["account"], LedgerEntry(
        entry_id=row["entry_id"],
        at=time_from(row["at"]),
        wallet=Wallet(row["wallet"]),
        asset=row["asset"],
        kind=EntryKind(row["kind"]),
        amount_coin=Decimal(row["amount_coin"]),
        symbol=row["symbol"],
        funding_rate=optional_decimal(row["funding_rate"]),
    )


def flow_row(cycle: int, bag: str, place: int, flow: Flow) -> Row:
    """A flow by the cycle that saw it, and its place among that cycle's flows."""
    return {
        "cycle": cycle,
        "seen_by": bag,
        "place": place,
        "bag": flow.bag,
        "at": time_text(flow.at),
        "amount_coin": str(flow.amount_coin),
        "index_usd": str(flow.index_usd),
        "note": flow.note,
    }


def flow_from(row: StoredRow) -> Flow:
    """The flow again."""
    return Flow(
        bag=row["bag"],
        at=time_from(row["at"]),
        amount_coin=Decimal(row["amount_coin"]),
        index_usd=Decimal(row["index_usd"]),
        note=row["note"],
    )


def transfer_row(transfer: Transfer) -> Row:
    """A movement of coins between wallets."""
    return {
        "transfer_id": transfer.transfer_id,
        "account": transfer.account,
        "asset": transfer.asset,
        "amount_coin": str(transfer.amount_coin),
        "source": transfer.source.value,
        "destination": transfer.destination.value,
        "status": transfer.status.value,
        "at": time_text(transfer.at),
        "note": transfer.note,
        "source_before_coin": optional_text(transfer.source_before_coin),
        "destination_before_coin": optional_text(transfer.destination_before_coin),
    }


def transfer_from(row: StoredRow) -> Transfer:
    """The movement again."""
    return Transfer(
        transfer_id=row["transfer_id"],
        account=row["account"],
        asset=row["asset"],
        amount_coin=Decimal(row["amount_coin"]),
        source=Wallet(row["source"]),
        destination=Wallet(row["destination"]),
        status=TransferStatus(row["status"]),
        at=time_from(row["at"]),
        note=row["note"],
        source_before_coin=optional_decimal(row["source_before_coin"]),
        destination_before_coin=optional_decimal(row["destination_before_coin"]),
    )


def control_row(control: Control) -> Row:
    """A trading state that was set."""
    return {
        "scope": control.scope,
        "state": control.state.value,
        "reason": control.reason,
        "set_by": control.by,
        "at": time_text(control.at),
        "short_cap_usd": optional_text(control.short_cap_usd),
    }


def control_from(row: StoredRow) -> Control:
    """The trading state again."""
    return Control(
        scope=row["scope"],
        state=TradingState(row["state"]),
        reason=row["reason"],
        by=row["set_by"],
        at=time_from(row["at"]),
        short_cap_usd=optional_decimal(row["short_cap_usd"]),
    )
