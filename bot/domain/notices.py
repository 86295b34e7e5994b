"""Which alerts become messages, and when: repeated ones are counted, and no hour has too many.

What is told of a kind and subject is told once in an interval, with a count of what came besides.
An end is told at once, if the beginning was. Where there would be too many messages, what is
critical goes first, and a part of the hour is kept for it. Moments are seconds of a steady clock.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from bot.domain.alerts import Alert, Severity

HOUR_S: Final = 3600.0
MOST_TOPICS: Final = 500
"""How many kinds and subjects are kept in mind."""
LATE_S: Final = 60.0
"""A message that waited longer says so."""


@dataclass(frozen=True, slots=True)
class NoticePolicy:
    """From which severity on people are told, how often of the same, and how much in an hour."""

    least: Severity
    repeat_s: float
    max_per_hour: int

    @property
    def max_ordinary(self) -> int:
        """Messages in an hour about what is not critical; the rest is kept for what is."""
        return self.max_per_hour - self.max_per_hour // 4


@dataclass(frozen=True, slots=True)
class Message:
    """One message to people: the alert, and what there is to say besides.

    ``more`` alerts of its kind and subject came in the last ``over_s`` seconds and were not told
    one by one. It waited for ``waited_s`` seconds; ``is_past``: it has ended meanwhile.
    ``held_back`` other messages have to wait, because there are too many of them.
    """

    alert: Alert
    more: int = 0
    over_s: float = 0.0
    waited_s: float = 0.0
    is_past: bool = False
    held_back: int = 0

    @property
    def title(self) -> str:
        """One line: how bad, whose, what."""
        word = "OVER" if self.alert.is_over else self.alert.kind.severity.value.upper()
        return f"{word}: {self.alert.subject}: {self.alert.kind.name}"

    @property
    def text(self) -> str:
        """What happened, what the bot did, and what a person should do; a line each."""
        alert = self.alert
        lines = [f"What happened: {alert.happened}.", f"What the bot did: {alert.did}."]
        if self.more:
            lines.append(f"{self.more} more in the last {_span(self.over_s)}.")
        if self.is_past:
            lines.append("It is over by now.")
        if self.waited_s > LATE_S:
            lines.append(f"This message waited for {_long(self.waited_s)}.")
        if not alert.is_over:
            lines.append(f"What to do: {alert.kind.remedy}")
        if self.held_back:
            lines.append(
                f"Held back for now, because there were too many messages: {self.held_back}. "
                "The log has them all."
            )
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class TopicTold:
    """When something was last told, as seconds before now, and whether its end was not yet."""

    kind: str
    subject: str
    ago_s: float
    is_open: bool


@dataclass(frozen=True, slots=True)
class Told:
    """What people were told lately, for the next process to go on from: otherwise one that is
    started over and over would tell the same each time. Notices are left out, so that a start and
    a stop are told each time; but they count among the messages of an hour."""

    messages_ago_s: tuple[float, ...] = ()
    topics: tuple[TopicTold, ...] = ()


@dataclass(slots=True)
class _Topic:
    """What was told and what is to be told about one kind and subject.

    ``heard`` are beginnings since the last message; ``is_open``: a beginning was told, its end not.
    """

    is_notice: bool = False
    told_s: float | None = None
    is_open: bool = False
    waiting: Alert | None = None
    since_s: float = 0.0
    is_past: bool = False
    heard: int = 0

    def due_s(self, repeat_s: float) -> float:
        """From when on what waits may be told."""
        if self.told_s is None or (self.waiting is not None and self.waiting.is_over):
            return self.since_s
        return self.told_s + repeat_s


@dataclass(slots=True)
class Notices:
    """Takes alerts and gives messages, as the policy has it."""

    policy: NoticePolicy
    _topics: dict[tuple[str, str], _Topic] = field(default_factory=dict)
    _sent_s: deque[float] = field(default_factory=deque)

    def hear(self, alert: Alert, at_s: float) -> None:
        """Take an alert; whether and when it becomes a message is :meth:`release`'s to say."""
        if alert.kind.severity.rank < self.policy.least.rank:
            return
        topic = self._topic(alert)
        if alert.is_over:
            if topic.is_open:
                topic.waiting, topic.since_s, topic.is_past = alert, at_s, False
            elif topic.waiting is not None:
                topic.is_past = True
            return
        if topic.waiting is None:
            topic.since_s = at_s
        topic.waiting, topic.is_past = alert, False
        topic.heard += 1

    def release(self, at_s: float) -> tuple[Message, ...]:
        """The messages that go out now, what is critical first; they count as told."""
        due = [
            (topic.waiting, topic)
            for topic in self._topics.values()
            if topic.waiting is not None and topic.due_s(self.policy.repeat_s) <= at_s
        ]
        due.sort(key=lambda pair: (-pair[0].kind.severity.rank, pair[1].since_s))
        messages = []
        for alert, topic in due:
            if self._room_s(alert, at_s) > at_s:
                continue
            messages.append(_message(alert, topic, at_s))
            self._sent_s.append(at_s)
        if messages and len(messages) < len(due):
            last, held_back = messages[-1], len(due) - len(messages)
            messages[-1] = Message(
                last.alert, last.more, last.over_s, last.waited_s, last.is_past, held_back
            )
        return tuple(messages)

    def next_s(self, at_s: float) -> float | None:
        """When :meth:`release` has something to give again; None where nothing waits."""
        return min(
            (
                max(topic.due_s(self.policy.repeat_s), self._room_s(topic.waiting, at_s))
                for topic in self._topics.values()
                if topic.waiting is not None
            ),
            default=None,
        )

    def untold(self) -> tuple[Alert, ...]:
        """What waits, the latest of each kind and subject."""
        return tuple(t.waiting for t in self._topics.values() if t.waiting is not None)

    def told(self, at_s: float) -> Told:
        """What another process has to know to go on from here."""
        return Told(
            tuple(at_s - sent_s for sent_s in self._sent_s if sent_s > at_s - HOUR_S),
            tuple(
                TopicTold(kind, subject, at_s - topic.told_s, topic.is_open)
                for (kind, subject), topic in self._topics.items()
                if topic.told_s is not None
                and not topic.is_notice
                and (topic.is_open or at_s - topic.told_s < self.policy.repeat_s)
            ),
        )

    def recall(self, told: Told, since_s: float, *, at_s: float) -> None:
        """Go on from what another process told, ``since_s`` seconds after it said so."""
        since_s = max(0.0, since_s)
        self._sent_s.extend(sorted(at_s - ago_s - since_s for ago_s in told.messages_ago_s))
        for one in told.topics[-MOST_TOPICS:]:
            told_s = at_s - one.ago_s - since_s
            topic = _Topic(told_s=told_s, is_open=one.is_open)
            self._topics[one.kind, one.subject] = topic

    def _topic(self, alert: Alert) -> _Topic:
        key = (alert.kind.name, alert.subject)
        if key not in self._topics and len(self._topics) >= MOST_TOPICS:
            del self._topics[min(self._topics, key=self._worth)]
        is_notice = alert.kind.severity is Severity.NOTICE
        return self._topics.setdefault(key, _Topic(is_notice))

    def _worth(self, key: tuple[str, str]) -> tuple[int, float]:
        """What is least worth keeping in mind comes first."""
        topic = self._topics[key]
        if topic.waiting is not None:
            return 2 + topic.waiting.kind.severity.rank, topic.since_s
        return int(topic.is_open), topic.told_s or 0.0

    def _room_s(self, alert: Alert, at_s: float) -> float:
        """From when on the hour has room for an alert."""
        while self._sent_s and self._sent_s[0] <= at_s - HOUR_S:
            self._sent_s.popleft()
        critical = alert.kind.severity is Severity.CRITICAL
        most = self.policy.max_per_hour if critical else self.policy.max_ordinary
        too_many = len(self._sent_s) - most
        return at_s if too_many < 0 else self._sent_s[too_many] + HOUR_S


def _message(alert: Alert, topic: _Topic, at_s: float) -> Message:
    """The message of a topic, which is told with it."""
    begins = not alert.is_over
    more = topic.heard - int(begins)
    since_s = topic.since_s if topic.told_s is None else topic.told_s
    message = Message(
        alert,
        more=more,
        over_s=at_s - since_s,
        waited_s=at_s - topic.since_s if not more else 0.0,
        is_past=topic.is_past,
    )
    if begins:
        topic.told_s = at_s
    topic.is_open = begins and not topic.is_past
    topic.waiting, topic.heard, topic.is_past = None, 0, False
    return message


def _long(seconds: float) -> str:
    """The same, where a number stands before it in any case."""
    span = _span(seconds)
    return span if span[0].isdigit() else f"{'an' if span == 'hour' else 'a'} {span}"


def _span(seconds: float) -> str:
    """A length of time as people say it."""
    for unit_s, word in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        many = round(seconds / unit_s)
        if many >= 1:
            return word if many == 1 else f"{many} {word}s"
    return "minute"
