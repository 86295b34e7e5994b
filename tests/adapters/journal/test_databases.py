"""What a journal in a database promises beyond the port: it outlives its process, and is shared."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.journal import open_journal, schema
from bot.adapters.journal.database import DatabaseJournal
from bot.adapters.journal.schema import MIGRATIONS, VERSION_TABLE
from bot.adapters.journal.tables import metadata
from bot.domain.limits import TradingState
from bot.domain.orders import OrderStatus
from bot.errors import JournalError, JournalLocked
from tests.adapters.journal.records import (
    a_control,
    a_cycle,
    a_flow,
    a_memory,
    a_transfer,
    an_entry,
    approved,
    order_id,
)
from tests.kit.domain import NOON, a_fill, an_order

UNSTORABLE = "half a character: \ud800"


async def do(journal: DatabaseJournal, statement: str) -> None:
    """Something done to the database by hand."""

    async def work(connection: AsyncConnection) -> None:
        await connection.execute(text(statement))

    await journal._link.transact(work)


async def test_everything_is_there_when_it_is_opened_again(url: str) -> None:
    async with open_journal(url, writer=True) as journal:
        await journal.intend(approved(1), cycle=1, at=NOON)
        await journal.record(
            a_cycle(1),
            a_memory(1),
            fills=(("main", a_fill()),),
            ledger=(("main", an_entry()),),
            flows=(a_flow(),),
        )
        await journal.write_transfer(a_transfer())
        await journal.set_control(a_control())
        written_at = await journal.written_at("savings")

    async with open_journal(url, writer=True) as journal:
        assert await journal.last_cycle() == 1
        assert [o.intent for o in await journal.unsettled()] == [approved(1).intent]
        assert await journal.cycles() == (a_cycle(1),)
        assert await journal.memory("savings") == a_memory(1)
        assert await journal.written_at("savings") == written_at
        assert await journal.fills() == (("main", a_fill()),)
        assert await journal.ledger() == (("main", an_entry()),)
        assert await journal.flows() == (a_flow(),)
        assert await journal.transfers() == (a_transfer(),)
        assert await journal.controls() == (a_control(),)


async def test_a_second_writer_is_kept_out_until_the_first_has_closed(url: str) -> None:
    async with open_journal(url, writer=True):
        with pytest.raises(JournalLocked, match=r"another process \(pid \d+.*\) writes the"):
            async with open_journal(url, writer=True):
                pass
    async with open_journal(url, writer=True):
        pass


async def test_a_reader_sees_what_the_writer_wrote_a_moment_ago(
    url: str, writer: DatabaseJournal
) -> None:
    async with open_journal(url, writer=False) as reader:
        for number in (1, 2):
            await writer.record(a_cycle(number), a_memory(number))
            await writer.intend(approved(number), cycle=number, at=NOON)
            assert await reader.last_cycle() == number
            assert await reader.memory("savings") == a_memory(number)
            assert len(await reader.unsettled()) == number


async def test_a_command_sets_a_control_that_the_very_next_look_sees(
    url: str, writer: DatabaseJournal
) -> None:
    async with open_journal(url, writer=False) as command:
        for number, state in enumerate(list(TradingState) * 5):
            control = a_control(state, reason=f"change {number}")
            await command.set_control(control)
            assert await writer.controls() == (control,)


async def test_earlier_controls_are_kept_as_history(url: str, writer: DatabaseJournal) -> None:
    for state in TradingState:
        await writer.set_control(a_control(state))

    async def work(connection: AsyncConnection) -> list[str]:
        found = await connection.execute(text("SELECT state FROM control_history ORDER BY number"))
        return [state for (state,) in found]

    assert await writer._link.transact(work) == [state.value for state in TradingState]


async def test_a_cycle_that_cannot_be_written_whole_is_not_written_at_all(
    writer: DatabaseJournal,
) -> None:
    with pytest.raises(JournalError, match="cannot be used"):
        await writer.record(
            a_cycle(1),
            a_memory(1),
            fills=(("main", a_fill()),),
            flows=(replace(a_flow(), note=UNSTORABLE),),
        )
    assert await writer.cycles() == ()
    assert await writer.memory("savings") is None
    assert await writer.fills() == ()

    await writer.record(a_cycle(1), a_memory(1), flows=(a_flow(),))
    assert await writer.cycles() == (a_cycle(1),)


async def test_a_settlement_that_cannot_be_written_whole_is_not_written_at_all(
    writer: DatabaseJournal,
) -> None:
    await writer.intend(approved(1), cycle=1, at=NOON)
    filled = an_order(order_id=order_id(1))
    with pytest.raises(JournalError):
        await writer.settle(
            order_id(1), filled, at=NOON, fills=(a_fill(), a_fill(trade_id=UNSTORABLE))
        )
    (order,) = await writer.unsettled()
    assert order.status is OrderStatus.INTENDED
    assert await writer.fills() == ()


async def test_a_write_that_fails_takes_no_other_down_with_it(writer: DatabaseJournal) -> None:
    async def fail() -> None:
        for number in range(1, 11):
            flows = (a_flow(), replace(a_flow(), note=UNSTORABLE))
            with pytest.raises(JournalError):
                await writer.record(a_cycle(number), None, flows=flows)

    async def intend() -> None:
        for number in range(1, 31):
            await writer.intend(approved(number), cycle=number, at=NOON)

    await asyncio.gather(fail(), intend())
    assert len(await writer.unsettled()) == 30
    assert await writer.cycles() == ()


async def test_a_write_that_was_begun_is_finished_though_its_task_is_cancelled(url: str) -> None:
    async with open_journal(url, writer=True) as journal:
        await journal.intend(approved(1), cycle=1, at=NOON)
        filled = an_order(order_id=order_id(1))
        writing = [
            asyncio.create_task(journal.settle(order_id(1), filled, at=NOON)),
            asyncio.create_task(journal.record(a_cycle(1), a_memory(1), flows=(a_flow(),))),
        ]
        await asyncio.sleep(0)
        for task in writing:
            task.cancel()
        ended = await asyncio.gather(*writing, return_exceptions=True)
        assert [type(end) for end in ended] == [asyncio.CancelledError] * 2

    async with open_journal(url, writer=False) as journal:
        assert await journal.unsettled() == ()
        assert await journal.flows() == (a_flow(),)


async def test_a_row_that_was_spoilt_by_hand_is_reported_not_guessed_at(
    writer: DatabaseJournal,
) -> None:
    await writer.intend(approved(1), cycle=1, at=NOON)
    await writer.record(a_cycle(1), a_memory(1))
    await do(writer, "UPDATE orders SET contracts = 'ten'")
    await do(writer, "UPDATE cycles SET outcome = 'splendid', memory = '{}'")
    for reading in (writer.orders(), writer.cycles(), writer.memory("savings")):
        with pytest.raises(JournalError, match="holds something that cannot be read"):
            await reading


@pytest.mark.parametrize("as_writer", [True, False])
async def test_a_journal_of_a_newer_version_is_left_alone(
    url: str, monkeypatch: pytest.MonkeyPatch, *, as_writer: bool
) -> None:
    newest = schema.VERSIONS[-1]
    monkeypatch.setattr(schema, "VERSIONS", ("0000",))
    with pytest.raises(JournalError, match=f"the schema {newest}, which is newer than this"):
        async with open_journal(url, writer=as_writer):
            pass


async def test_a_first_journal_is_brought_up_to_date_with_its_transfers(url: str) -> None:
    async with open_journal(url, writer=True) as journal:
        await journal.write_transfer(a_transfer())
        for statement in (
            "ALTER TABLE transfers DROP COLUMN source_before_coin",
            "ALTER TABLE transfers DROP COLUMN destination_before_coin",
            f"UPDATE {VERSION_TABLE} SET version_num = '0001'",
            "DROP TABLE leases",
        ):
            await do(journal, statement)
    async with open_journal(url, writer=True) as journal:
        assert await journal.transfers() == (a_transfer(),)


async def test_a_reader_does_not_migrate_an_older_journal(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "VERSIONS", (*schema.VERSIONS, "9999"))
    with pytest.raises(JournalError, match="start `hedgehold run` once"):
        async with open_journal(url, writer=False):
            pass


async def test_the_migrations_lead_to_the_tables_that_the_program_uses(
    writer: DatabaseJournal,
) -> None:
    def differences(connection: Connection) -> list[object]:
        options = {"version_table": VERSION_TABLE}
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, metadata))

    async def work(connection: AsyncConnection) -> list[object]:
        return await connection.run_sync(differences)

    assert await writer._link.transact(work) == []


def test_every_migration_has_its_number_among_the_versions() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    steps = ScriptDirectory.from_config(config).walk_revisions()
    assert tuple(step.revision for step in steps)[::-1] == schema.VERSIONS
