"""Messages of a call as pages show them: read, named, and the bytes line by line."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from sipcm.export.endpointtext import endpoint_text
from sipcm.export.timetext import rfc3339
from sipcm.httpui import sdptext
from sipcm.httpui.filters import wire
from sipcm.httpui.ladder import End, Fate, Kind, Sent
from sipcm.log import escape
from sipcm.sip import ParseError, SipMessage, parse
from sipcm.state.events import TRANSPORT_NAMES
from sipcm.state.messages import COPY, LATE, NEWS, REPEAT, KeptMessage

MOST_LABEL: Final = 80
"""Characters of what stands at an arrow."""

MOST_RAW: Final = 16_384
"""Bytes of a message that a page shows; a capture has all of it."""

_FATES: Final = {NEWS: Fate.NEWS, REPEAT: Fate.REPEAT, COPY: Fate.COPY, LATE: Fate.LATE}
_CHALLENGES: Final = (401, 407)


class Read:
    """A message that was kept, read when somebody asks."""

    def __init__(self, kept: KeptMessage, number: int) -> None:
        """Take a message and its *number* in its ladder, from 1."""
        self.kept = kept
        self.number = number

    @cached_property
    def sip(self) -> SipMessage | None:
        """What the message says; None where it cannot be read."""
        parsed = parse(self.kept.payload)
        return None if isinstance(parsed, ParseError) else parsed

    @property
    def source(self) -> End:
        """Who sent it."""
        return self.kept.source, int(self.kept.source_port)

    @property
    def destination(self) -> End:
        """Whom it was sent to."""
        return self.kept.destination, int(self.kept.destination_port)

    @property
    def transport(self) -> str:
        """What carried it."""
        return TRANSPORT_NAMES.get(self.kept.protocol, "-")

    @property
    def fate(self) -> Fate:
        """What became of it."""
        return _FATES[self.kept.fate]

    @cached_property
    def product(self) -> str:
        """What its sender is, as he says."""
        if self.sip is None:
            return ""
        return wire((self.sip.user_agent if self.sip.is_request else self.sip.server)
                    or self.sip.user_agent or b"")  # fmt: skip

    @cached_property
    def label(self) -> str:
        """Method or status, and whether it describes a session."""
        if self.sip is None:
            return "cannot be read"
        if self.sip.is_request:
            words = wire(self.sip.method)
        else:
            words = f"{self.sip.status} {wire(self.sip.reason_phrase)}".strip()
        return escape(words)[:MOST_LABEL] + (" (SDP)" if self.sip.sdp is not None else "")

    @property
    def detail(self) -> str:
        """The CSeq."""
        cseq = None if self.sip is None else self.sip.cseq
        if cseq is None:
            return self.transport
        return f"CSeq {cseq.number} {escape(wire(cseq.method))[:MOST_LABEL]}"

    @property
    def kind(self) -> Kind:
        """How it is drawn."""
        status = 0 if self.sip is None else self.sip.status
        if status == 0:
            return Kind.REQUEST
        if status in _CHALLENGES:
            return Kind.CHALLENGE
        kinds = {1: Kind.PROVISIONAL, 2: Kind.SUCCESS, 3: Kind.REDIRECTION}
        return kinds.get(status // 100, Kind.FAILURE)

    def sent(self) -> Sent:
        """Return it as a ladder takes it."""
        return Sent(
            int(self.kept.order),
            self.number,
            int(self.kept.number),
            int(self.kept.timestamp),
            self.source,
            self.destination,
            self.transport,
            self.label,
            self.detail,
            self.kind,
            self.fate,
        )

    def data(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "order": int(self.kept.order),
            "number": self.number,
            "call": int(self.kept.number),
            "time": rfc3339(self.kept.timestamp),
            "from": endpoint_text(*self.source),
            "to": endpoint_text(*self.destination),
            "transport": self.transport,
            "label": self.label,
            "detail": self.detail,
            "kind": self.kind,
            "fate": self.fate,
            "size": len(self.kept.payload),
            "missing": int(self.kept.missing),
            "raw": wire(self.kept.payload[:MOST_RAW]),
        }

    def lines(self) -> Iterator[tuple[str, str]]:
        """Yield the lines to show: of a header its name, empty for other lines, and the rest."""
        raw = self.kept.payload[:MOST_RAW]
        head, _, _ = raw.partition(b"\r\n\r\n")
        headers = head.count(b"\n")
        lines = raw.split(b"\n")
        if lines[-1] in (b"", b"\r"):
            lines.pop()
        for number, line in enumerate(lines):
            text = wire(line.removesuffix(b"\r"))
            name, colon, rest = text.partition(":")
            named = colon and 0 < number <= headers and not name.startswith((" ", "\t"))
            yield (name, colon + rest) if named else ("", text)

    @property
    def cut(self) -> int:
        """Bytes that are not shown."""
        return max(len(self.kept.payload) - MOST_RAW, 0)


@dataclass(frozen=True, slots=True)
class Media:
    """What a message says of media, and what is different from what its sender said before.

    ``more`` streams are not shown.
    """

    read: Read
    streams: list[dict[str, Any]]
    changes: list[str]
    more: int

    def data(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "order": int(self.read.kept.order),
            "number": self.read.number,
            "label": self.read.label,
            "from": endpoint_text(*self.read.source),
            "streams": self.streams,
            **({"more_streams": self.more} if self.more else {}),
            "changes": self.changes,
        }

    def texts(self) -> list[str]:
        """Return each stream in one line, and what is not shown."""
        more = [f"{self.more} more stream{'s'[: self.more > 1]}"] if self.more else []
        return [*map(sdptext.text, self.streams), *more]


class Descriptions:
    """What messages say of media, each description once as long as it stays the same."""

    def __init__(self) -> None:
        self._before: dict[tuple[int, End], list[dict[str, Any]]] = {}

    def news(self, read: Read) -> Media | None:
        """Return what the next message, *read*, says that its sender has not said before."""
        if read.fate != Fate.NEWS or read.sip is None or read.sip.sdp is None:
            return None
        streams = sdptext.streams(read.sip.sdp)
        sender = (int(read.kept.number), read.source)
        known = self._before.get(sender)
        self._before[sender] = streams or known or []
        if not streams or streams == known:
            return None
        changes = sdptext.changes(known, streams) if known else []
        return Media(read, streams, changes, sdptext.more(read.sip.sdp))
