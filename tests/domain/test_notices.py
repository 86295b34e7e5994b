"""Which alerts become messages: once, with a count, never too many, an end if its beginning was."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.alerts import (
    BOT_STARTED,
    CATALOGUE,
    JOURNAL_FAILED,
    NOW_HALTED,
    NOW_REDUCING,
    ORDER_REFUSED,
    Alert,
    AlertKind,
    Severity,
)
from bot.domain.notices import (
    HOUR_S,
    MOST_TOPICS,
    Message,
    NoticePolicy,
    Notices,
    Told,
    TopicTold,
)

USUAL = NoticePolicy(Severity.NOTICE, repeat_s=HOUR_S, max_per_hour=20)


def an_alert(
    kind: AlertKind = ORDER_REFUSED, subject: str = "savings", happened: str = "no margin"
) -> Alert:
    return Alert(kind, subject, happened, "the next cycle decides anew")


def its_end(alert: Alert) -> Alert:
    return replace(alert, happened="all is well", is_over=True)


def told(notices: Notices, at_s: float) -> list[str]:
    """The titles of what goes out now."""
    return [message.title for message in notices.release(at_s)]


def test_a_message_says_how_bad_whose_what_the_bot_did_and_what_to_do() -> None:
    message = Message(an_alert())
    assert message.title == "WARNING: savings: order-refused"
    assert message.text.splitlines() == [
        "What happened: no margin.",
        "What the bot did: the next cycle decides anew.",
        f"What to do: {ORDER_REFUSED.remedy}",
    ]


def test_an_end_asks_nothing_of_anybody() -> None:
    message = Message(its_end(an_alert()), more=3, over_s=7200)
    assert message.title == "OVER: savings: order-refused"
    assert message.text.splitlines() == [
        "What happened: all is well.",
        "What the bot did: the next cycle decides anew.",
        "3 more in the last 2 hours.",
    ]


def test_the_first_of_a_kind_is_told_at_once() -> None:
    notices = Notices(USUAL)
    assert notices.next_s(0) is None
    notices.hear(an_alert(), 5)
    assert notices.next_s(5) == 5
    assert told(notices, 5) == ["WARNING: savings: order-refused"]
    assert notices.next_s(5) is None


def test_what_comes_again_is_counted_and_told_once_in_an_interval() -> None:
    notices = Notices(USUAL)
    notices.hear(an_alert(), 0)
    notices.release(0)
    for minute in range(1, 9):
        notices.hear(an_alert(happened=f"no margin, minute {minute}"), minute * 60)
        assert notices.release(minute * 60) == ()
    assert notices.next_s(600) == HOUR_S
    (message,) = notices.release(HOUR_S)
    assert message.alert.happened == "no margin, minute 8"
    assert "7 more in the last hour." in message.text
    assert notices.next_s(HOUR_S) is None


def test_another_subject_is_another_matter() -> None:
    notices = Notices(USUAL)
    notices.hear(an_alert(), 0)
    notices.hear(an_alert(subject="ether"), 0)
    notices.hear(an_alert(NOW_REDUCING), 0)
    assert len(notices.release(0)) == 3


def test_an_end_is_told_at_once_if_the_beginning_was() -> None:
    notices = Notices(USUAL)
    notices.hear(an_alert(), 0)
    notices.release(0)
    notices.hear(an_alert(), 60)
    notices.hear(its_end(an_alert()), 120)
    (message,) = notices.release(120)
    assert message.title == "OVER: savings: order-refused"
    assert message.more == 1
    notices.hear(its_end(an_alert()), 180)
    assert notices.release(HOUR_S * 2) == (), "an end ends once"


def test_an_end_without_a_beginning_is_not_told() -> None:
    notices = Notices(USUAL)
    notices.hear(its_end(an_alert()), 0)
    assert notices.release(0) == ()


def test_what_comes_and_goes_within_an_interval_is_told_in_one_message() -> None:
    notices = Notices(USUAL)
    for minute in range(0, 10, 2):
        notices.hear(an_alert(), minute * 60)
        notices.release(minute * 60)
        notices.hear(its_end(an_alert()), minute * 60 + 60)
        notices.release(minute * 60 + 60)
    (message,) = notices.release(HOUR_S)
    assert (message.more, message.is_past) == (3, True)
    assert "It is over by now." in message.text
    notices.hear(its_end(an_alert()), HOUR_S + 1)
    assert notices.release(HOUR_S + 1) == (), "it was told with the message"


def test_less_than_the_least_severity_is_not_told_and_neither_is_its_end() -> None:
    notices = Notices(replace(USUAL, least=Severity.CRITICAL))
    notices.hear(an_alert(), 0)
    notices.hear(its_end(an_alert()), 1)
    notices.hear(an_alert(NOW_HALTED), 2)
    assert told(notices, 2) == ["CRITICAL: savings: now-halted"]


def test_no_hour_has_more_messages_than_that_and_critical_ones_have_room_of_their_own() -> None:
    notices = Notices(replace(USUAL, max_per_hour=4))
    for number in range(5):
        notices.hear(an_alert(subject=f"bag {number}"), number)
    messages = notices.release(10)
    assert [m.alert.subject for m in messages] == ["bag 0", "bag 1", "bag 2"]
    assert "Held back for now, because there were too many messages: 2." in messages[-1].text
    notices.hear(an_alert(NOW_HALTED), 20)
    notices.hear(an_alert(JOURNAL_FAILED), 20)
    assert told(notices, 20) == ["CRITICAL: savings: now-halted"]
    assert notices.next_s(20) == 10 + HOUR_S
    later = notices.release(10 + HOUR_S)
    assert later[0].title == "CRITICAL: savings: journal-failed"
    assert "This message waited for hour." not in later[0].text
    assert "This message waited for an hour." in later[0].text
    assert [m.alert.subject for m in later[1:]] == ["bag 3"]


def test_one_message_an_hour_may_be_about_anything() -> None:
    notices = Notices(replace(USUAL, max_per_hour=1))
    notices.hear(an_alert(), 0)
    assert len(notices.release(0)) == 1


def test_what_waits_can_be_named() -> None:
    notices = Notices(replace(USUAL, max_per_hour=1))
    for subject in ("one", "other"):
        notices.hear(an_alert(subject=subject), 0)
    notices.release(0)
    assert [alert.subject for alert in notices.untold()] == ["other"]


def test_only_so_much_is_kept_in_mind_and_what_is_critical_longest() -> None:
    notices = Notices(replace(USUAL, max_per_hour=1))
    notices.hear(an_alert(BOT_STARTED), 0)
    notices.release(0)
    notices.hear(an_alert(NOW_HALTED), 1)
    for number in range(2 * MOST_TOPICS):
        notices.hear(an_alert(subject=str(number)), number)
    assert len(notices.untold()) == MOST_TOPICS
    assert told(notices, HOUR_S) == ["CRITICAL: savings: now-halted"]


MOMENTS = st.lists(
    st.tuples(
        st.floats(0, 900),
        st.sampled_from((ORDER_REFUSED, NOW_HALTED, BOT_STARTED)),
        st.sampled_from(("savings", "ether", "main")),
        st.booleans(),
    ),
    max_size=60,
)


@given(MOMENTS, st.integers(1, 6), st.floats(1, 7200))
def test_whatever_happens_no_hour_is_too_full_and_every_beginning_is_counted_once(
    moments: list[tuple[float, AlertKind, str, bool]], most: int, repeat_s: float
) -> None:
    notices = Notices(NoticePolicy(Severity.NOTICE, repeat_s, most))
    at_s, sent_s, beginnings, counted = 0.0, list[float](), 0, 0

    def look() -> None:
        nonlocal counted
        for message in notices.release(at_s):
            sent_s.append(at_s)
            counted += message.more + (not message.alert.is_over)

    for after_s, kind, subject, over in moments:
        at_s += after_s
        alert = an_alert(kind, subject)
        notices.hear(its_end(alert) if over else alert, at_s)
        beginnings += not over
        look()
    while (due_s := notices.next_s(at_s)) is not None:
        at_s = max(at_s, due_s)
        before = len(sent_s)
        look()
        assert len(sent_s) > before, "the moment that was named has a message"
    assert counted == beginnings
    for number, moment in enumerate(sent_s[most:], most):
        assert moment - sent_s[number - most] >= HOUR_S - 1e-6


@pytest.mark.parametrize("kind", CATALOGUE, ids=lambda kind: kind.name)
def test_every_kind_has_a_name_of_its_own_and_speaks_in_sentences(kind: AlertKind) -> None:
    assert [other.name for other in CATALOGUE].count(kind.name) == 1
    for text in (kind.cause, kind.remedy):
        assert text[0].isupper() or text.startswith("`")
        assert text.endswith(".")


def test_the_next_process_goes_on_from_what_was_told() -> None:
    first = Notices(replace(USUAL, max_per_hour=4))
    for kind in (ORDER_REFUSED, NOW_HALTED, BOT_STARTED):
        first.hear(an_alert(kind), 1_000)
    assert len(first.release(1_000)) == 3
    second = Notices(first.policy)
    second.recall(first.told(1_600), at_s=50, since_s=300)
    second.hear(an_alert(NOW_HALTED), 50)
    assert second.release(50) == (), "it was told 900 s ago"
    assert second.next_s(50) == 50 - 900 + HOUR_S
    second.hear(its_end(an_alert(ORDER_REFUSED)), 60)
    assert second.release(60) == (), "the hour is full for what is not critical"
    second.hear(an_alert(JOURNAL_FAILED), 60)
    assert told(second, 60) == ["CRITICAL: savings: journal-failed"]
    assert told(second, 50 - 900 + HOUR_S) == [
        "CRITICAL: savings: now-halted",
        "OVER: savings: order-refused",
    ]


def test_starts_and_stops_are_told_by_each_process() -> None:
    first = Notices(USUAL)
    first.hear(an_alert(BOT_STARTED), 0)
    first.release(0)
    second = Notices(USUAL)
    second.recall(first.told(1), at_s=0, since_s=5)
    second.hear(an_alert(BOT_STARTED), 0)
    assert told(second, 0) == ["NOTICE: savings: bot-started"]


def test_what_was_told_long_ago_and_is_over_is_not_kept() -> None:
    notices = Notices(USUAL)
    notices.hear(an_alert(), 0)
    notices.hear(an_alert(NOW_HALTED), 0)
    notices.release(0)
    notices.hear(its_end(an_alert()), 10)
    notices.release(10)
    kept = notices.told(3 * HOUR_S)
    assert kept.messages_ago_s == ()
    assert [topic.kind for topic in kept.topics] == ["now-halted"]


def test_a_wall_clock_that_was_set_back_makes_nothing_older_than_now() -> None:
    first = Notices(USUAL)
    first.hear(an_alert(), 0)
    first.release(0)
    second = Notices(USUAL)
    second.recall(first.told(0), at_s=100, since_s=-7_200)
    second.hear(an_alert(), 100)
    assert second.next_s(100) == 100 + HOUR_S


def test_what_was_told_is_kept_with_its_age_for_as_long_as_it_counts() -> None:
    notices = Notices(USUAL)
    notices.hear(an_alert(), 100)
    notices.hear(an_alert(NOW_HALTED), 100)
    notices.release(100)
    notices.hear(its_end(an_alert()), 200)
    notices.release(200)
    assert notices.told(400) == Told(
        (300, 300, 200),
        (
            TopicTold("order-refused", "savings", 300, is_open=False),
            TopicTold("now-halted", "savings", 300, is_open=True),
        ),
    )
    assert len(notices.told(100 + HOUR_S - 1).topics) == 2
    later = notices.told(100 + HOUR_S)
    assert later.messages_ago_s == (HOUR_S - 100,)
    assert [topic.kind for topic in later.topics] == ["now-halted"]


def test_what_the_last_process_told_is_passed_on_by_the_next() -> None:
    first, second = Notices(USUAL), Notices(USUAL)
    first.hear(an_alert(), 0)
    first.release(0)
    second.recall(first.told(10), at_s=0, since_s=0)
    assert second.told(5).topics == (TopicTold("order-refused", "savings", 15, is_open=True),)


def test_what_had_to_wait_is_told_with_how_long_and_how_often() -> None:
    notices = Notices(replace(USUAL, max_per_hour=1))
    notices.hear(an_alert(NOW_HALTED), 0)
    notices.release(0)
    notices.hear(an_alert(), 10)
    notices.hear(an_alert(), 100)
    assert notices.release(100) == ()
    (message,) = notices.release(HOUR_S)
    assert (message.more, message.over_s, message.waited_s) == (1, HOUR_S - 10, 0)
    notices.hear(an_alert(NOW_REDUCING), HOUR_S + 10)
    (message,) = notices.release(2 * HOUR_S)
    assert (message.more, message.waited_s) == (0, HOUR_S - 10)
    assert not message.is_past
    assert "This message waited for an hour." in message.text


def test_the_next_moment_is_that_of_whatever_is_due_first() -> None:
    notices = Notices(USUAL)
    for at_s, kind in ((0, ORDER_REFUSED), (50, NOW_HALTED)):
        notices.hear(an_alert(kind), at_s)
        notices.release(at_s)
        notices.hear(an_alert(kind), at_s)
    assert notices.next_s(60) == HOUR_S


@pytest.mark.parametrize(
    ("over_s", "words"),
    [
        (29, "minute"),
        (89, "minute"),
        (90, "2 minutes"),
        (5_399, "hour"),
        (5_400, "2 hours"),
        (129_599, "day"),
        (129_600, "2 days"),
    ],
)
def test_a_length_of_time_is_told_as_people_say_it(over_s: float, words: str) -> None:
    assert f"1 more in the last {words}." in Message(an_alert(), more=1, over_s=over_s).text


def test_a_minute_of_waiting_is_not_worth_a_word() -> None:
    assert "waited" not in Message(an_alert(), waited_s=60).text
    assert "This message waited for a minute." in Message(an_alert(), waited_s=61).text
