"""Messages drawn by Hypothesis: what they say, the many ways to write it, and how it is read."""

from dataclasses import dataclass
from random import Random

from hypothesis import strategies as st

from sipcm.sip.address import Address
from sipcm.sip.authentication import Authentication
from sipcm.sip.cseq import CSeq
from sipcm.sip.grammar import COMPACT_FORMS
from sipcm.sip.message import METHOD_NUMBERS
from sipcm.sip.parameters import Parameters
from sipcm.sip.sipmessage import SipMessage
from sipcm.sip.via import Via


@dataclass(frozen=True)
class Saying:
    """All that a drawn message says."""

    method: bytes
    request_uri: bytes
    status: int
    reason_phrase: bytes
    via: tuple[Via, ...]
    from_: Address | None
    to: Address | None
    call_id: bytes
    cseq: CSeq | None
    max_forwards: int | None
    contacts: tuple[Address, ...]
    route: tuple[Address, ...]
    challenges: tuple[Authentication, ...]
    warnings: tuple[tuple[int | None, bytes, bytes], ...]
    others: tuple[tuple[bytes, bytes], ...]
    body: bytes


def heard(message: SipMessage) -> Saying:
    """Return all that *message* says."""
    return Saying(
        method=message.method,
        request_uri=message.request_uri,
        status=message.status,
        reason_phrase=message.reason_phrase,
        via=message.via,
        from_=message.from_,
        to=message.to,
        call_id=message.call_id,
        cseq=message.cseq,
        max_forwards=message.max_forwards,
        contacts=message.contacts,
        route=message.route,
        challenges=message.www_authenticate,
        warnings=tuple((one.code, one.agent, one.text) for one in message.warnings),
        others=tuple(
            (header.name, header.value)
            for header in message.headers
            if header.name.startswith(b"X-")
        ),
        body=message.body,
    )


# What is said

letters = "abcdefghijklmnopqrstuvwxyz"
tokens = st.text(letters + "ABZ019-.!%*_+`'~", min_size=1, max_size=8).map(str.encode)
names = st.text(letters + "019-", min_size=1, max_size=6).map(str.encode)
texts = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=10
).map(lambda text: text.strip().encode())
quotable = st.text(st.sampled_from([*'ab ;,:<>"\\=?@', "é", "字"]), max_size=10).map(str.encode)
hosts = st.sampled_from([b"example.com", b"192.0.2.1", b"[2001:db8::1]", b"a-1.b", b"localhost"])
ports = st.none() | st.integers(1, 65535)
users = st.text(letters + "019-_.!~*'()&=+$,;?/", min_size=1, max_size=8).map(str.encode)
call_ids = st.text(letters + "019-.!%*_+`'~()<>:\\\"/[]?{}", min_size=1, max_size=12).map(
    str.encode
)


@st.composite
def parameter_lists(draw: st.DrawFn, *taken: bytes) -> Parameters:
    """Draw parameters whose names are none of those *taken*; empty values are not told."""
    pairs = draw(st.dictionaries(names, tokens | quotable, max_size=3))
    return tuple((name, value) for name, value in pairs.items() if name not in taken)


@st.composite
def uris(draw: st.DrawFn) -> bytes:
    port = draw(ports)
    return (
        draw(st.sampled_from([b"sip:", b"sips:", b"SIP:"])) + draw(st.just(b"") | users.map(lambda user: user + b"@"))
        + draw(hosts) + (b"" if port is None else b":%d" % port)
        + b"".join(b";%b=%b" % pair for pair in draw(st.dictionaries(names, names, max_size=2)).items())
    )  # fmt: skip


@st.composite
def addresses(draw: st.DrawFn, *, tag: bool) -> Address:
    parameters = draw(parameter_lists(b"tag"))
    value = draw(tokens) if tag else b""
    return Address(
        display_name=draw(texts | quotable.map(bytes.strip)),
        uri=draw(uris()),
        tag=value,
        parameters=(*parameters[:1], *([(b"tag", value)] if tag else []), *parameters[1:]),
        well_formed=True,
    )


@st.composite
def hops(draw: st.DrawFn) -> Via:
    branch = (b"branch", b"z9hG4bK" + draw(tokens))
    return Via(
        protocol=b"SIP/2.0",
        transport=draw(st.sampled_from([b"UDP", b"TCP", b"TLS", b"WSS", b"new-1"])),
        host=draw(hosts),
        port=draw(ports),
        parameters=(branch, *draw(parameter_lists(b"branch"))),
        well_formed=True,
    )


@st.composite
def challenges(draw: st.DrawFn) -> Authentication:
    pairs = draw(st.dictionaries(names, tokens | quotable, min_size=1, max_size=4))
    return Authentication(draw(names), b"", tuple(pairs.items()), well_formed=True)


@st.composite
def sayings(draw: st.DrawFn) -> Saying:
    status = draw(st.just(0) | st.integers(100, 699))
    method = draw(st.sampled_from([*METHOD_NUMBERS, b"FOO", b"x.y"]))
    return Saying(
        method=method,
        request_uri=b"" if status else draw(uris()),
        status=status,
        reason_phrase=draw(texts) if status else b"",
        via=tuple(draw(st.lists(hops(), min_size=1, max_size=3))),
        from_=draw(addresses(tag=True)),
        to=draw(addresses(tag=draw(st.booleans()))),
        call_id=draw(call_ids) + draw(st.just(b"") | call_ids.map(lambda word: b"@" + word)),
        cseq=CSeq(draw(st.integers(0, 2**31 - 1)), method),
        max_forwards=draw(st.none() | st.integers(0, 255)),
        contacts=tuple(draw(st.lists(addresses(tag=False), max_size=3))),
        route=tuple(draw(st.lists(addresses(tag=False), max_size=2))),
        challenges=tuple(draw(st.lists(challenges(), max_size=2))),
        warnings=tuple(
            draw(st.lists(st.tuples(st.integers(300, 399), hosts, quotable), max_size=2))
        ),
        others=tuple(
            draw(st.lists(st.tuples(names.map(lambda name: b"X-" + name), texts), max_size=3))
        ),
        body=draw(st.binary(max_size=30)),
    )


# How it is written

PLACES = (b" ", b"", b"\t", b"  ", b"\r\n ", b" \r\n\t ")


class Pen:
    """Writes a message; where the grammar leaves a choice, chance decides.

    By a seed: if each choice were drawn, there would be too many for Hypothesis.
    """

    def __init__(self, seed: int) -> None:
        self._chance = Random(seed)

    def space(self, usual: bytes = b"") -> bytes:
        """Return white space where it may stand or be missing."""
        return usual if self.chance() else self._chance.choice(PLACES)

    def chance(self) -> bool:
        return self._chance.random() < 0.5

    def quoted(self, text: bytes) -> bytes:
        return b'"' + text.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'

    def value(self, text: bytes) -> bytes:
        """Return the value of a parameter, in quotes where it must be or just so."""
        is_token = bool(text) and all(chr(c) in letters + "ABZ019-.!%*_+`'~" for c in text)
        return self.quoted(text) if not is_token or self.chance() else text

    def parameters(self, parameters: Parameters) -> bytes:
        parts = []
        for name, text in parameters:
            written = name.upper() if self.chance() else name
            told = b"" if not text and self.chance() else b"=" + self.space() + self.value(text)
            parts.append(
                self.space()
                + b";"
                + self.space()
                + written
                + (self.space() if told else b"")
                + told
            )
        return b"".join(parts)

    def address(self, address: Address) -> bytes:
        name = address.display_name
        shown = (self.quoted(name) + self.space()) if name else self.space()
        rest = b"".join(
            self.space() + b";tag=" + value if key == b"tag" else self.parameters(((key, value),))
            for key, value in address.parameters
        )
        return shown + b"<" + address.uri + b">" + rest

    def hop(self, via: Via) -> bytes:
        slash = self.space() + b"/" + self.space()
        port = b"" if via.port is None else self.space() + b":" + self.space() + b"%d" % via.port
        sent = b"SIP" + slash + b"2.0" + slash + via.transport + (self.space(b" ") or b" ")
        return sent + via.host + port + self.parameters(via.parameters)

    def challenge(self, value: Authentication) -> bytes:
        comma = self.space() + b"," + self.space()
        pairs = (
            name + self.space() + b"=" + self.space() + self.value(text)
            for name, text in value.parameters
        )
        return value.scheme + b" " + comma.join(pairs)

    def listed(self, name: bytes, values: list[bytes]) -> list[tuple[bytes, bytes]]:
        """Return the headers for a list: one for all values, or one for each."""
        if not values:
            return []
        if self.chance():
            return [(name, (self.space() + b"," + self.space()).join(values))]
        return [(name, value) for value in values]

    def message(self, said: Saying) -> bytes:
        assert said.from_
        assert said.to
        assert said.cseq
        fields = [
            *self.listed(b"Via", [self.hop(via) for via in said.via]),
            (b"From", self.address(said.from_)),
            (b"To", self.address(said.to)),
            (b"Call-ID", said.call_id),
            (b"CSeq", b"%d %b" % (said.cseq.number, said.cseq.method)),
            *self.listed(b"Contact", [self.address(contact) for contact in said.contacts]),
            *self.listed(b"Route", [self.address(route) for route in said.route]),
            *((b"WWW-Authenticate", self.challenge(value)) for value in said.challenges),
            *self.listed(
                b"Warning",
                [
                    b"%d %b %b" % (code or 0, agent, self.quoted(text))
                    for code, agent, text in said.warnings
                ],
            ),
            *said.others,
        ]
        if said.max_forwards is not None:
            fields.append((b"Max-Forwards", b"%d" % said.max_forwards))
        fields.append((b"Content-Length", b"%d" % len(said.body)))
        head = b"SIP/2.0 %d %b" % (said.status, said.reason_phrase)
        if not said.status:
            head = b"%b %b SIP/2.0" % (said.method, said.request_uri)
        lines = [
            self.name(name) + self.space(b" ") + value + self.space() for name, value in fields
        ]
        data = b"\r\n".join([head, *lines, b"", b""])
        if self.chance():
            data = data.replace(b"\r\n", b"\n")
        return data + said.body

    def name(self, name: bytes) -> bytes:
        forms = [name, COMPACT_FORMS.get(name, name)]
        if not name.startswith(b"X-"):
            forms += [name.swapcase(), name.upper()]
        return self._chance.choice(forms) + self._chance.choice((b":", b" :", b"	:"))


@st.composite
def written(draw: st.DrawFn) -> tuple[Saying, bytes]:
    """Draw a message, and one of the ways to write it."""
    said = draw(sayings())
    return said, Pen(draw(st.integers(0, 2**32))).message(said)
