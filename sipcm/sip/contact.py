"""The contacts of a REGISTER and of its responses: where the user can be reached, and how long.

Compiled, the plain form is read byte by byte (:mod:`sipcm.sip.plainvalue`); interpreted, by one
match. Any other is read by a pattern for the usual form, and where that does not match by those of
:mod:`sipcm.sip.grammar`, all to the same end. A contact that cannot be read is none; nothing
raises, and no contact takes long to read.
"""

from sipcm.annotation import Final, final, i64, mypyc_attr
from sipcm.compiled import COMPILED
from sipcm.pattern import Pattern
from sipcm.sip.expires import UNSAID, expires_in
from sipcm.sip.grammar import parameter, split_list
from sipcm.sip.message import MOST_ELEMENTS, MOST_VALUE, NOWHERE, Message
from sipcm.sip.plainvalue import (
    is_address_of_record,
    number_in,
    parameter_end,
    uri_at,
    uri_end,
    value_at,
)

MOST_CONTACTS: Final = MOST_ELEMENTS
"""Contacts of one message that are read; few users have so many devices, and no device has."""

ALL_CONTACTS: Final = b"*"

# What is an address-of-record in canonical form already (RFC 3261 10.3, step 5).
PLAIN_URI: Final = Pattern(
    rb"sips?:(?:[A-Za-z0-9\-_.!~*'()&=+$,;?/]++@)?+[a-z0-9.\-]++(?::[1-9][0-9]{0,4})?+\Z"
)

# A contact with brackets, no comma in its name and no quotes but around that.
_BRACKETS: Final = rb'(?:"[^"\\]*+"[ \t]*+|[^"<>,;]*+)<([^<>" \t]++)>'
_USUAL: Final = Pattern(_BRACKETS + rb'((?>(?:;[^;,"<>]*+)*))\Z')

# The same where nothing is said but the seconds.
_ONLY: Final = Pattern(_BRACKETS + rb"(?:;[Ee]xpires=([0-9]{1,9}+))?\Z")

# What the first letters of parameters are, and which of these were seen.
_QUOTE: Final = 34
_PLUS: Final = 43
_SEMICOLON: Final = 59
_E: Final = 101
_R: Final = 114
_T: Final = 116
_LOWER: Final = 32
_SEEN_EXPIRES: Final = 1
_SEEN_INSTANCE: Final = 2
_SEEN_REG_ID: Final = 4

_INSTANCE: Final = parameter(b"+sip.instance")
_REG_ID: Final = parameter(b"reg-id")


@final
@mypyc_attr(acyclic=True)
class Contact:
    """One contact.

    ``expires``  seconds, UNSAID without the parameter, 3600 for a malformed one (RFC 3261 10.2.1.1)
    ``device``   ``+sip.instance`` and ``reg-id`` (RFC 5626 4.1), which tell whose contact it is
                 whatever its URI; empty without an instance, and where several contacts of a
                 message have the same
    """

    __slots__ = ("device", "expires", "uri")

    def __init__(self, uri: bytes, expires: i64, device: bytes) -> None:
        self.uri: bytes = uri
        self.expires: i64 = expires
        self.device: bytes = device


def contacts_of(message: Message) -> list[Contact]:
    """Return the contacts of *message*, in order, MOST_CONTACTS at most."""
    if message.located:
        if message.contacts == 0:
            return []
        if message.contacts == 1 and message.contact_end - message.contact_at < MOST_VALUE - 1:
            only = read_plain(message.buffer, message.contact_at, message.contact_end)
            if only is not None:
                return [only]
    return contacts(message.contact_values())


def contacts(values: list[bytes]) -> list[Contact]:
    """Return the contacts in the *values* of Contact headers, in order, MOST_CONTACTS at most."""
    if len(values) == 1:
        value = values[0]
        only = read_plain(value, 0, len(value)) if COMPILED else match_plain(value)
        if only is not None:
            return [only]
    elements: list[bytes] = []
    for value in values:
        elements += split_list(value, MOST_CONTACTS - len(elements))
    found: list[Contact] = []
    devices: dict[bytes, Contact] = {}
    shared: list[Contact] = []
    for element in elements:
        contact = contact_of(element)
        if not contact.uri:
            continue
        found.append(contact)
        if contact.device:
            twin = devices.setdefault(contact.device, contact)
            if twin is not contact:
                shared.append(contact)
                shared.append(twin)
    for contact in shared:
        contact.device = b""
    return found


def read_plain(buffer: bytes, at: i64, end: i64) -> Contact | None:
    """Return the only contact in a value, byte by byte; None if that is not plain."""
    first = uri_at(buffer, at, end)
    if first < 0:
        return None
    if first == at:
        return Contact(buffer[at:end], UNSAID, b"")
    last = uri_end(buffer, first, end)
    if last <= first:
        return None
    contact = Contact(buffer[first:last], UNSAID, b"")
    if last + 1 == end or _tell_plain(contact, buffer, last + 1, end):
        return contact
    return None


def _tell_plain(contact: Contact, buffer: bytes, at: i64, end: i64) -> bool:
    """Let *contact* have what its parameters at *at* say; False if they are not plain."""
    instance = b""
    number = b""
    seen: i64 = 0
    value: i64
    while at < end:
        if buffer[at] != _SEMICOLON:
            return False
        name = at + 1
        at = parameter_end(buffer, name, end)
        if at <= name:
            return False
        letter: i64 = buffer[name] | _LOWER
        if letter == _E and not seen & _SEEN_EXPIRES:
            value = value_at(buffer, name, at, b"expires")
            if value >= 0:
                seen |= _SEEN_EXPIRES
                contact.expires = number_in(buffer, value, at)
                if contact.expires < 0:
                    return False
        elif letter == _PLUS and not seen & _SEEN_INSTANCE:
            value = value_at(buffer, name, at, b"+sip.instance")
            if value >= 0:
                if at - value < 3 or buffer[value] != _QUOTE:
                    return False
                seen |= _SEEN_INSTANCE
                instance = buffer[value + 1 : at - 1].strip(b" \t")
        elif letter == _R and not seen & _SEEN_REG_ID:
            value = value_at(buffer, name, at, b"reg-id")
            if value >= 0:
                if value >= at or buffer[at - 1] == _QUOTE:
                    return False
                seen |= _SEEN_REG_ID
                number = buffer[value:at]
        elif letter == _T and value_at(buffer, name, at, b"tag") >= 0:
            return False  # no contact has one, and a broken one makes an address unsound
    if instance:
        contact.device = _device(instance, number)
    return True


def match_plain(value: bytes) -> Contact | None:
    """Return the only contact in a *value*, by one match; None if that is not plain."""
    only = _ONLY.match(value)
    if only is None:
        return None
    uri, seconds = only.groups()
    return Contact(uri, UNSAID if seconds is None else int(seconds), b"")


def contact_of(element: bytes) -> Contact:
    """Return the contact in one element of a Contact header."""
    usual = _USUAL.match(element)
    if usual is None:
        return _contact_of_any_form(element)
    parameters = usual[2]
    return Contact(usual[1], expires_in(parameters) if parameters else UNSAID, b"")


def place_of(uri: bytes, others: list[bytes], ignore_port: bool) -> i64:  # noqa: FBT001
    """Return where among *others* the same contact as *uri* is (RFC 3261 19.1.4), else NOWHERE."""
    for place in range(len(others)):
        if others[place] == uri:
            return place
    if not others:
        return NOWHERE
    from sipcm.sip.uri import place_of_same  # noqa: PLC0415  most texts are the same

    return place_of_same(uri, others, ignore_port=ignore_port)


def address_of_record(uri: bytes) -> bytes:
    """Return *uri* in the form under which bindings are kept; what is none of ours as it is."""
    if is_address_of_record(uri) if COMPILED else PLAIN_URI.match(uri):
        return uri
    from sipcm.sip.uri import address_of_record as canonical  # noqa: PLC0415  few need it

    return canonical(uri)


def _contact_of_any_form(element: bytes) -> Contact:
    from sipcm.sip.address import uri_and_parameters  # noqa: PLC0415  few contacts need it

    uri, parameters = uri_and_parameters(element)
    instance = _INSTANCE.match(parameters)
    named = b"" if instance is None else (instance[1] or instance[2] or b"").strip(b" \t")
    if not named:
        return Contact(uri, expires_in(parameters), b"")
    reg_id = _REG_ID.match(parameters)
    number = b"" if reg_id is None else (reg_id[1] or reg_id[2] or b"").strip(b" \t")
    return Contact(uri, expires_in(parameters), _device(named, number))


def _device(instance: bytes, reg_id: bytes) -> bytes:
    """Return what tells the flow of a device; its URN is the same in any case (RFC 4122 3)."""
    return b"%b;%b" % (instance.lower(), reg_id)
