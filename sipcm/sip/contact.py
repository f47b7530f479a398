"""The contacts of a REGISTER and of its responses: where the user can be reached, and how long.

It reads the usual form itself and leaves the rest to :mod:`sipcm.sip.address`. A contact that
cannot be read is none; nothing raises.
"""

import re
from typing import Final, final

from mypy_extensions import i64

from sipcm.sip.grammar import split_list
from sipcm.sip.message import delta_seconds

MOST_CONTACTS: Final = 32
"""Contacts of one message that are read; few users have so many devices, and no device has."""

UNSAID: Final = -1
"""The expiry of a contact that names none."""

ALL_CONTACTS: Final = b"*"

# What is an address-of-record in canonical form already (RFC 3261 10.3, step 5).
_PLAIN_URI: Final = re.compile(
    rb"sips?:(?:[A-Za-z0-9\-_.!~*'()&=+$,;?/]++@)?+[a-z0-9.\-]++(?::[1-9][0-9]{0,4})?+\Z"
)

# A contact with brackets, no comma in its name and no quotes but around that.
_USUAL: Final = re.compile(
    rb'(?:"[^"\\]*+"[ \t]*+|[^"<>,;]*+)<([^<>" \t]++)>((?>(?:;[^;,"<>]*+)*))\Z'
)
_EXPIRES: Final = re.compile(
    rb";[ \t]*+[Ee][Xx][Pp][Ii][Rr][Ee][Ss][ \t]*+(?:=[ \t]*+([^; \t]*+))?"
)


@final
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


def contacts(values: list[bytes]) -> list[Contact]:
    """Return the contacts in the *values* of Contact headers, in order, MOST_CONTACTS at most."""
    elements: list[bytes] = []
    for value in values:
        elements += split_list(value)
    found: list[Contact] = []
    devices: dict[bytes, Contact] = {}
    for element in elements[:MOST_CONTACTS]:
        contact = contact_of(element)
        if contact.device:
            twin = devices.setdefault(contact.device, contact)
            if twin is not contact:
                contact.device = twin.device = b""
        if contact.uri:
            found.append(contact)
    return found


def contact_of(element: bytes) -> Contact:
    """Return the contact in one element of a Contact header."""
    usual = _USUAL.match(element)
    if usual is None:
        return _contact_of_any_form(element)
    parameters = usual[2]
    expires: i64 = UNSAID
    if parameters:
        named = _EXPIRES.search(parameters)
        if named is not None:
            expires = delta_seconds(named[1] or b"")
    return Contact(usual[1], expires, b"")


def same_contact(one: bytes, other: bytes, ignore_port: bool) -> bool:  # noqa: FBT001
    """Tell whether two URIs are the same contact (RFC 3261 19.1.4)."""
    if one == other:
        return True
    from sipcm.sip.uri import same_uri  # noqa: PLC0415  most texts are the same or far apart

    return same_uri(one, other, ignore_port=ignore_port)


def address_of_record(uri: bytes) -> bytes:
    """Return *uri* in the form under which bindings are kept; what is none of ours as it is."""
    if _PLAIN_URI.match(uri):
        return uri
    from sipcm.sip.uri import address_of_record as canonical  # noqa: PLC0415  few need it

    return canonical(uri)


def _contact_of_any_form(element: bytes) -> Contact:
    from sipcm.sip.address import parse_address  # noqa: PLC0415  few contacts need it

    address = parse_address(element)
    expires = address.parameter(b"expires")
    instance = address.parameter(b"+sip.instance")
    device = b"%b;%b" % (instance, address.parameter(b"reg-id") or b"") if instance else b""
    return Contact(address.uri, UNSAID if expires is None else delta_seconds(expires), device)
