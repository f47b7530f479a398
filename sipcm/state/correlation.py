"""Calls that belong together though their Call-IDs differ: the legs of a call through a B2BUA.

A back-to-back user agent ends one call and begins another (RFC 7092). Many leave a trace in it: a
header with the Call-ID of the first (``X-Call-ID``), or a value that goes through unchanged, such
as Session-ID (RFC 7989) or the icid-value of P-Charging-Vector (RFC 7315 4.6). The operator names
them. Calls belong together when they have a value in common, or when one has the Call-ID of the
other as a value; and so do all that are linked in this way over others.

Values are known as long as a call that has them is tracked. Which calls belong together is
remembered for a while beyond, since people look at them afterwards. A call is a number here.
"""

from sipcm.annotation import Final, final, i64, mypyc_attr
from sipcm.counters import Counter, Group
from sipcm.sip.message import Message
from sipcm.state.parts import Parts
from sipcm.state.ranges import Ranges

MOST_TOGETHER: Final = 32
"""Calls that belong together."""

MOST_VALUES: Final = 8
"""Values of one call."""

LONGEST_VALUE: Final = 256
"""Bytes of a value; a longer one is none."""

MOST_INDEXED: Final = 262_144
"""Values of all calls."""

MOST_ENDED: Final = 65_536
"""Calls that are tracked no longer and of which it is remembered what they belonged to."""

_LUMP: Final = 1024
"""Of so many calls that is forgotten at once."""

_NONE: Final = (b"", b"0" * 32)
"""What is no value; the second is the nil UUID of a Session-ID (RFC 7989 4.1)."""


@final
class Key:
    """A header, and the ``parameter`` in it that is the value; empty where that stands first."""

    __slots__ = ("header", "parameter")

    def __init__(self, text: str) -> None:
        """Take a header's name, or that and a parameter's behind a colon."""
        header, _, parameter = text.partition(":")
        self.header: bytes = header.strip().encode()
        self.parameter: bytes = parameter.strip().lower().encode()

    def value(self, line: bytes) -> bytes:
        """Return the value in a header *line* without its name; empty where it has none."""
        first, *others = _parts(line)
        if not self.parameter:
            return first.strip(b' \t"<>')
        for part in (first, *others):
            name, equal, value = part.partition(b"=")
            if equal and name.strip(b" \t").lower() == self.parameter:
                return value.strip(b' \t"')
        return b""


@final
@mypyc_attr(acyclic=True)
class Together:
    """Calls that belong together; those that have ``joined`` others are no set of their own."""

    __slots__ = ("joined", "members")

    def __init__(self) -> None:
        self.members: tuple[int, ...] = ()
        self.joined: Together | None = None

    def whole(self) -> "Together":
        """Return the set that this has become a part of."""
        whole = self
        while whole.joined is not None:
            whole = whole.joined
        if self is not whole:
            self.joined = whole
        return whole


@final
@mypyc_attr(acyclic=True)
class Value:
    """A value, and how many ``holders`` it has among the calls that are tracked."""

    __slots__ = ("holders", "together")

    def __init__(self, together: Together) -> None:
        self.together: Together = together
        self.holders: i64 = 0


@final
class Correlator:
    """Finds the calls that belong together by *keys*; ``next`` is the number of the next call."""

    __slots__ = (
        "_by_number",
        "_by_value",
        "_ended",
        "_held",
        "full",
        "group",
        "keys",
        "linked",
        "next",
    )

    def __init__(self, keys: list[str]) -> None:
        self.keys: list[Key] = [Key(text) for text in keys]
        self.next: i64 = 0
        self._by_value: Parts[Value] = Parts()
        self._by_number: Ranges[Together] = Ranges()
        self._held: Ranges[tuple[bytes, ...]] = Ranges()
        self._ended: list[int] = []
        group = Group("legs")
        self.group: Group = group
        self.linked: Counter = group.counter("linked", "calls that were found to belong to another")
        self.full: Counter = group.counter("full", "links and values that were too many to keep")

    def values(self, message: Message) -> list[bytes]:
        """Return the values in *message*, of each key at most one."""
        found: list[bytes] = []
        for key in self.keys:
            line = message.first(key.header)
            if line:
                value = key.value(line)
                if value not in _NONE and len(value) <= LONGEST_VALUE and value not in found:
                    found.append(value)
        return found

    def begin(self, number: i64, call_id: bytes) -> None:
        """Take in that call *number* has begun; another may have named its *call_id* before."""
        self.next = number + 1
        value = self._by_value.get(call_id)
        if value is not None:
            self._unite(self._set_of(number), value.together)

    def hold(self, number: i64, text: bytes) -> bool:
        """Take in that call *number* has the value *text*; say whether that is new."""
        held = self._held.get(number) or ()
        if text in held:
            return False
        value = self._by_value.get(text)
        if len(held) >= MOST_VALUES or (value is None and len(self._by_value) >= MOST_INDEXED):
            self.full.value += 1
            return False
        together = self._set_of(number)
        if value is None:
            value = Value(together)
            self._by_value[text] = value
        else:
            self._unite(together, value.together)
        value.holders += 1
        self._held[number] = (*held, text)
        return True

    def join(self, number: i64, other: i64) -> None:
        """Take in that the calls *number* and *other*, both tracked, belong together."""
        if number != other:
            self._unite(self._set_of(number), self._set_of(other))

    def leave(self, number: i64) -> None:
        """Take in that call *number* is tracked no longer."""
        for text in self._held.pop(number) or ():
            value = self._by_value[text]
            value.holders -= 1
            if value.holders == 0:
                del self._by_value[text]
        together = self._by_number.get(number)
        if together is None:
            return
        if len(together.whole().members) < 2:  # it never belonged to any other
            self._forget(number)
            return
        ended = self._ended
        ended.append(number)
        if len(ended) >= MOST_ENDED + _LUMP:
            for old in ended[:_LUMP]:
                self._forget(old)
            del ended[:_LUMP]

    def legs(self, number: int) -> list[int]:
        """Return the numbers of all calls that belong together with *number*, itself among them."""
        together = self._by_number.get(number)
        return [number] if together is None else sorted(together.whole().members)

    def _forget(self, number: i64) -> None:
        together = self._by_number[number]
        del self._by_number[number]
        whole = together.whole()
        whole.members = tuple([member for member in whole.members if member != number])

    def _set_of(self, number: i64) -> Together:
        together = self._by_number.get(number)
        if together is None:
            together = Together()
            together.members = (int(number),)
            self._by_number[number] = together
        return together.whole()

    def _unite(self, one: Together, other: Together) -> None:
        one, other = one.whole(), other.whole()
        if one is other:
            return
        if len(one.members) + len(other.members) > MOST_TOGETHER:
            self.full.value += 1
            return
        if len(one.members) < len(other.members):
            one, other = other, one
        self.linked.value += len(other.members) + (1 if len(one.members) == 1 else 0)
        one.members += other.members
        other.members = ()
        other.joined = one


def _parts(line: bytes) -> list[bytes]:
    """Split *line* at the semicolons outside of quotes."""
    if b'"' not in line:
        return line.split(b";")
    parts: list[bytes] = []
    quoted = False
    begin: i64 = 0
    for at in range(len(line)):
        char = line[at]
        if char == 34:
            quoted = not quoted
        elif char == 59 and not quoted:
            parts.append(line[begin:at])
            begin = at + 1
    parts.append(line[begin:])
    return parts
