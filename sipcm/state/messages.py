"""The messages of calls as they came, for diagrams and captures of a call: the newest of them.

They are kept in the order in which they were followed, within a number of bytes that counts what
each takes beside its own. When these are used up the oldest message goes, whosever it is: a flood
pushes out what came before it and no more. A message is found by the number of its call, which may
have been forgotten since. Calls that forked from one request are found together.

The messages of a call are a chain of places in that order: a list for each of a hundred thousand
calls would have to be walked by the garbage collector.

The core only puts messages in; nothing that it does depends on them.
"""

from sipcm.annotation import Final, final, i32, i64, mypyc_attr, u8
from sipcm.counters import Counter, Group
from sipcm.net.packet import Datagram
from sipcm.state.calls import Call
from sipcm.state.ranges import Ranges

MESSAGE_WEIGHT: Final = 180
"""Bytes of memory that a message takes beside its own, about: objects, places in two lists."""

ROW_WEIGHT: Final = 130
"""Bytes of memory that the messages of a call take beside these, about."""

# What a message was when it was followed
NEWS: Final = 0
REPEAT: Final = 1  # a retransmission
COPY: Final = 2  # the same once more between other addresses, on its way through a proxy
LATE: Final = 3  # of what had been tried again with another tag, or said nothing of a dialog

NO_FAMILY: Final = -1
NO_MESSAGE: Final = -1
MOST_GONE: Final = 256
"""Places of messages that have gone, at the begin of a list, before they are cut off."""


@final
@mypyc_attr(acyclic=True)
class KeptMessage:
    """A message as it came.

    ``order``      its place among all that were kept, from 0
    ``after``      that of the next message of its call, NO_MESSAGE as long as there is none
    ``number``     that of its call
    ``fate``       NEWS, REPEAT, COPY or LATE
    ``timestamp``  nanoseconds since 1970, packet time
    ``protocol``   the IP protocol that carried it, as sipcm.protocol has them
    ``source``, ``destination``  addresses of 4 or 16 bytes
    ``missing``    bytes at its end that the capture does not hold
    """

    __slots__ = (
        "after",
        "destination",
        "destination_port",
        "fate",
        "missing",
        "number",
        "order",
        "payload",
        "protocol",
        "source",
        "source_port",
        "timestamp",
    )

    def __init__(
        self,
        order: i64,
        number: i64,
        fate: i64,
        timestamp: i64,
        datagram: Datagram,
        source: bytes,
        destination: bytes,
        missing: i64,
    ) -> None:
        """Take the payload of *datagram*, sent from *source* to *destination*."""
        self.order: i64 = order
        self.after: i64 = NO_MESSAGE
        self.number: i64 = number
        self.timestamp: i64 = timestamp
        self.source: bytes = source
        self.destination: bytes = destination
        self.payload: bytes = datagram.payload()
        self.source_port: i32 = i32(datagram.source_port)
        self.destination_port: i32 = i32(datagram.destination_port)
        self.missing: i32 = i32(missing)
        self.protocol: u8 = u8(datagram.protocol)
        self.fate: u8 = u8(fate)


@final
class Queue:
    """Messages in order, each of which has the next place; the oldest leaves in no time.

    ``total`` counts all that were ever put in.
    """

    __slots__ = ("_first", "messages", "total")

    def __init__(self) -> None:
        self.messages: list[KeptMessage | None] = []
        self._first: i64 = 0
        self.total: i64 = 0

    def append(self, message: KeptMessage) -> None:
        """Put *message* last."""
        self.messages.append(message)
        self.total += 1

    def pop(self) -> KeptMessage | None:
        """Take out the oldest message, None when there is none."""
        messages = self.messages
        first = self._first
        if first >= len(messages):
            return None
        oldest = messages[first]
        messages[first] = None
        first += 1
        if first >= MOST_GONE and first * 2 >= len(messages):
            del messages[:first]
            first = 0
        self._first = first
        return oldest

    def at(self, order: i64) -> KeptMessage | None:
        """Return the message with this place in the order, None if it is not here."""
        messages = self.messages
        place = order - self.total + len(messages)
        return messages[place] if self._first <= place < len(messages) else None

    def count(self) -> i64:
        """Return how many there are."""
        return len(self.messages) - self._first


@final
@mypyc_attr(acyclic=True)
class Row:
    """The messages of one call that are here, from the ``oldest`` to the ``newest`` by their order.

    ``gone`` says how many others of it have gone, and ``begun`` that it was begun with the first
    message of its call: else others have gone before, and it is not known how many. ``family`` is
    the number of the call that it forked from, or that others forked from; NO_FAMILY as long as it
    has not.
    """

    __slots__ = ("begun", "family", "gone", "newest", "oldest")

    def __init__(self, begun: bool, order: i64) -> None:  # noqa: FBT001
        """Begin with the message of this *order*."""
        self.oldest: i64 = order
        self.newest: i64 = order
        self.begun: bool = begun
        self.gone: i64 = 0
        self.family: i64 = NO_FAMILY


@final
class Messages:
    """The newest messages, of about *most* bytes in all; ``next`` is the number of the next call.

    That is the next one of which no message was kept yet.
    """

    __slots__ = (
        "bytes",
        "dropped",
        "families",
        "group",
        "kept",
        "most",
        "next",
        "queue",
        "rows",
    )

    def __init__(self, most: int) -> None:
        self.most: i64 = most
        self.next: i64 = 0
        self.queue: Queue = Queue()
        self.rows: Ranges[Row] = Ranges()
        self.families: dict[int, set[int]] = {}
        group = Group("messages")
        self.group: Group = group
        self.kept: Counter = group.counter("kept", "messages of calls that were kept for pages")
        self.dropped: Counter = group.counter("dropped", "of these, messages that had to go again")
        self.bytes: Counter = group.gauge("bytes", "bytes of memory that they take, about")

    def keep(self, call: Call, datagram: Datagram, timestamp: i64, wire: i64, fate: i64) -> None:
        """Keep the payload of *datagram*, a message of *call* that came in *wire* bytes."""
        number = call.number
        order = self.queue.total
        row = self.rows.get(number)
        if row is None:
            row = Row(number >= self.next, order)
            self.rows[number] = row
            self.next = max(self.next, number + 1)
            self.bytes.value += ROW_WEIGHT
        else:
            before = self.queue.at(row.newest)
            if before is not None:
                before.after = order
            row.newest = order
        family = call.family
        if family is not None and row.family == NO_FAMILY:
            self._relate(row, number, family.origin)
        # The addresses of most messages are those of the call, which are objects already.
        source = datagram.source()
        if source == call.client:
            source = call.client
        elif source == call.server:
            source = call.server
        destination = datagram.destination()
        if destination == call.server:
            destination = call.server
        elif destination == call.client:
            destination = call.client
        missing: i64 = 0
        if datagram.truncated:
            missing = max(wire - (datagram.end - datagram.frame), 0)
        message = KeptMessage(
            order, number, fate, timestamp, datagram, source, destination, missing
        )
        self.queue.append(message)
        self.kept.value += 1
        self.bytes.value += MESSAGE_WEIGHT + len(message.payload)
        while self.bytes.value > self.most:
            self.drop()
        self.bytes.highest = max(self.bytes.highest, self.bytes.value)

    def relatives(self, number: int, origin: int = NO_FAMILY) -> list[int]:
        """Return the numbers of all calls here that forked from one request with *number*.

        *origin* is the number of the one they forked from, where that is known.
        """
        row = self.rows.get(number)
        if origin == NO_FAMILY:
            origin = number if row is None or row.family == NO_FAMILY else int(row.family)
        numbers = {origin, number} | self.families.get(origin, set())
        return sorted(relative for relative in numbers if relative in self.rows)

    def of(self, numbers: list[int]) -> list[KeptMessage]:
        """Return the messages of the calls *numbers*, in the order in which they came."""
        found: list[KeptMessage] = []
        for number in numbers:
            row = self.rows.get(number)
            if row is not None:
                message = self.queue.at(row.oldest)
                while message is not None:
                    found.append(message)
                    message = self.queue.at(message.after)
        return sorted(found, key=_order) if len(numbers) > 1 else found

    def first(self, number: int) -> KeptMessage | None:
        """Return the oldest message of the call *number*, None when there is none."""
        row = self.rows.get(number)
        return None if row is None else self.queue.at(row.oldest)

    def gone(self, numbers: list[int]) -> int:
        """Return how many messages of the calls *numbers*, of which others are here, have gone."""
        rows = [self.rows.get(number) for number in numbers]
        return sum(int(row.gone) for row in rows if row is not None)

    def whole(self, numbers: list[int]) -> bool:
        """Tell whether all messages of the calls *numbers* are here."""
        rows = [self.rows.get(number) for number in numbers]
        return all(row is not None and row.begun and row.gone == 0 for row in rows)

    def drop(self) -> bool:
        """Let the oldest message go, and its call with the last of it; False when there is none."""
        oldest = self.queue.pop()
        if oldest is None:
            return False
        self.dropped.value += 1
        self.bytes.value -= MESSAGE_WEIGHT + len(oldest.payload)
        number = oldest.number
        row = self.rows[number]
        row.oldest = oldest.after
        row.gone += 1
        if row.oldest != NO_MESSAGE:
            return True
        del self.rows[number]
        self.bytes.value -= ROW_WEIGHT
        if row.family != NO_FAMILY:
            relatives = self.families[row.family]
            relatives.discard(number)
            if not relatives:
                del self.families[row.family]
                self.bytes.value -= ROW_WEIGHT
        return True

    def _relate(self, row: Row, number: i64, origin: i64) -> None:
        row.family = origin
        relatives = self.families.get(origin)
        if relatives is None:
            relatives = set()
            self.families[origin] = relatives
            self.bytes.value += ROW_WEIGHT
        relatives.add(number)


def _order(message: KeptMessage) -> int:
    return message.order
