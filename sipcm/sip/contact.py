"""The contacts of a REGISTER and of its responses: where the user can be reached, and how long.

It reads the usual form by one pattern, and any other by those of :mod:`sipcm.sip.grammar`. A
contact that cannot be read is none; nothing raises, and no contact takes long to read.
"""

import re
from typing import Final, final

from mypy_extensions import i64

from sipcm.sip.grammar import parameter, split_list
from sipcm.sip.message import MOST_ELEMENTS, NOWHERE, UNSAID, expires_in

MOST_CONTACTS: Final = MOST_ELEMENTS
"""Contacts of one message that are read; few users have so many devices, and no device has."""

ALL_CONTACTS: Final = b"*"

# What is an address-of-record in canonical form already (RFC 3261 10.3, step 5).
_PLAIN_URI: Final = re.compile(
    rb"sips?:(?:[A-Za-z0-9\-_.!~*'()&=+$,;?/]++@)?+[a-z0-9.\-]++(?::[1-9][0-9]{0,4})?+\Z"
)

# A contact with brackets, no comma in its name and no quotes but around that.
_USUAL: Final = re.compile(
    rb'(?:"[^"\\]*+"[ \t]*+|[^"<>,;]*+)<([^<>" \t]++)>((?>(?:;[^;,"<>]*+)*))\Z'
)
_INSTANCE: Final = parameter(b"+sip.instance")
_REG_ID: Final = parameter(b"reg-id")


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
    if _PLAIN_URI.match(uri):
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
    # The URN of a device is the same in any case (RFC 8141 3.1, RFC 4122 3).
    reg_id = _REG_ID.match(parameters)
    number = b"" if reg_id is None else (reg_id[1] or reg_id[2] or b"").strip(b" \t")
    return Contact(uri, expires_in(parameters), b"%b;%b" % (named.lower(), number))
