"""802.11 frames behind a radiotap header: addresses, kinds of frames, and where the data begins.

Which of the four address fields is source or destination depends on the direction of the frame
(IEEE 802.11 9.3.2.1); all numbers of the radiotap header are little-endian (www.radiotap.org).
"""

from collections.abc import Callable
from typing import Final

from sipcm.net.bpf.errors import FilterError
from sipcm.net.bpf.expression import Expression, Load, Number, Register, binary
from sipcm.net.bpf.instructions import ADD, AND, LSH, OR
from sipcm.net.bpf.intervals import only
from sipcm.net.bpf.layers import Layers, Place, masked
from sipcm.net.bpf.predicate import TRUE, All, Any, Assignment, Not, Predicate, test

HEADER_SLOT: Final = 0
DATA_SLOT: Final = 1
SLOTS: Final = 2
"""How many slots of memory the prologue fills."""
HEADER: Final = Place(0, Register(HEADER_SLOT))
DATA: Final = Place(0, Register(DATA_SLOT))

MAC_HEADER: Final = 24
QOS_CONTROL: Final = 2

# Kinds of frames, as the low byte of frame control has them.
_KINDS: Final = {"mgt": 0x00, "ctl": 0x04, "data": 0x08}
_KIND_ALIASES: Final = {"management": "mgt", "control": "ctl"}
_KIND_MASK: Final = 0x0C
_SUBKIND_MASK: Final = 0xFC
_SUBKINDS: Final = {
    "mgt": {
        "assocreq": 0x00,
        "assoc-req": 0x00,
        "assocresp": 0x10,
        "assoc-resp": 0x10,
        "reassocreq": 0x20,
        "reassoc-req": 0x20,
        "reassocresp": 0x30,
        "reassoc-resp": 0x30,
        "probereq": 0x40,
        "probe-req": 0x40,
        "proberesp": 0x50,
        "probe-resp": 0x50,
        "beacon": 0x80,
        "atim": 0x90,
        "disassoc": 0xA0,
        "disassociation": 0xA0,
        "auth": 0xB0,
        "authentication": 0xB0,
        "deauth": 0xC0,
        "deauthentication": 0xC0,
    },
    "ctl": {
        "ps-poll": 0xA0,
        "rts": 0xB0,
        "cts": 0xC0,
        "ack": 0xD0,
        "cf-end": 0xE0,
        "cf-end-ack": 0xF0,
    },
    "data": {
        "data": 0x00,
        "data-cf-ack": 0x10,
        "data-cf-poll": 0x20,
        "data-cf-ack-poll": 0x30,
        "null": 0x40,
        "cf-ack": 0x50,
        "cf-poll": 0x60,
        "cf-ack-poll": 0x70,
        "qos-data": 0x80,
        "qos-data-cf-ack": 0x90,
        "qos-data-cf-poll": 0xA0,
        "qos-data-cf-ack-poll": 0xB0,
        "qos": 0xC0,
        "qos-cf-poll": 0xE0,
        "qos-cf-ack-poll": 0xF0,
    },
}
_DIRECTIONS: Final = {"nods": 0, "tods": 1, "fromds": 2, "dstods": 3}
_TO_DS: Final = 0x01
_FROM_DS: Final = 0x02
_CTS: Final = 0xC4
_ACK: Final = 0xD4
_FIELDS: Final = {"addr1": 4, "addr2": 10, "addr3": 16, "addr4": 24, "ra": 4, "ta": 10}


def begin() -> Predicate:
    """Find the 802.11 header and its data: what goes before all that uses the two slots.

    Only frames of data may have more in between than the shortest header; where arithmetic asks for
    a protocol of other frames, which have none, it looks there.
    """
    length = binary(OR, Load(2, 1), binary(LSH, Load(3, 1), Number(8)))
    header, data = Register(HEADER_SLOT), Register(DATA_SLOT)
    control = Place(0, header).load(1)
    usual = Assignment(DATA_SLOT, binary(ADD, header, Number(MAC_HEADER)))
    longer = Assignment(DATA_SLOT, binary(ADD, data, Number(QOS_CONTROL)))
    rounded = binary(AND, binary(ADD, data, Number(3)), Number(0xFFFFFFFC))
    found = All(
        (
            _is_data(control),
            Any((All((has_bit(control, 0x80), longer)), TRUE)),
            Any((All((_is_padded(), Assignment(DATA_SLOT, rounded))), TRUE)),
        )
    )
    return All((Assignment(HEADER_SLOT, length), usual, Any((found, TRUE))))


def data_frame(layers: Layers) -> Predicate:
    """Ask whether an 802.11 frame is one of data, which alone carry protocols."""
    return _is_data(layers.header.load(1))


def has_bit(expression: Expression, bit: int) -> Predicate:
    """Ask whether a *bit* is set."""
    return masked(expression, bit, bit)


def _is_data(control: Expression) -> Predicate:
    return All((Not(has_bit(control, 0x04)), has_bit(control, 0x08)))


def _is_padded() -> Predicate:
    """Ask whether the flags of the radiotap header say that the data is aligned to 4 bytes.

    Flags are behind the timestamp, where there is one; with an extended bitmap they are elsewhere.
    """
    present = Load(4, 4)
    timed = has_bit(present, 0x01000000)
    flags = Any(
        (
            All((timed, has_bit(Load(16, 1), 0x20))),
            All((Not(timed), has_bit(Load(8, 1), 0x20))),
        )
    )
    return All((has_bit(present, 0x02000000), Not(has_bit(present, 0x00000080)), flags))


def address(layers: Layers, wanted: bytes, direction: str) -> Predicate:
    """Ask for an address as source, destination or either, or in one of the fields."""

    def same(field: int) -> Predicate:
        place = layers.header.plus(field)
        low, high = int.from_bytes(wanted[2:]), int.from_bytes(wanted[:2])
        return All((test(place.plus(2).load(4), only(low)), test(place.load(2), only(high))))

    if direction in _FIELDS:
        return All((_has_field(layers, direction), same(_FIELDS[direction])))
    if direction == "src":
        return _source(layers, same)
    if direction == "dst":
        return destination(layers, same)
    both = (_source(layers, same), destination(layers, same))
    return All(both) if direction == "src and dst" else Any(both)


def destination(layers: Layers, ask: Callable[[int], Predicate]) -> Predicate:
    """Ask of the field in which the destination is; of data to the system that is the third."""
    to_system = _flag(layers, _TO_DS)
    of_data = Any((All((to_system, ask(16))), All((Not(to_system), ask(4)))))
    return _by_kind(layers, ask(4), of_data)


def kind(layers: Layers, names: tuple[int | str, ...]) -> Predicate:
    """Ask for a kind of frame, as ``type mgt``, perhaps with a subtype."""
    name = names[0]
    if isinstance(name, int):
        found = _checked(name, 0x0C, "type")
    else:
        wanted = _KIND_ALIASES.get(name.lower(), name.lower())
        if wanted not in _KINDS:
            raise FilterError(
                f"unknown 802.11 type name '{name}'", None, "these are mgt, ctl, data"
            )
        found = _KINDS[wanted]
    if len(names) == 1:
        return masked(layers.header.load(1), _KIND_MASK, found)
    return _subkind(layers, names[1], found)


def subkind(layers: Layers, names: tuple[int | str, ...]) -> Predicate:
    """Ask for ``subtype`` alone: its name says the type too."""
    name = str(names[0]).lower()
    for within, known in _SUBKINDS.items():
        if name in known:
            return _subkind(layers, name, _KINDS[within])
    raise FilterError(
        f"unknown 802.11 subtype name '{name}'",
        None,
        "a number needs its type: type mgt subtype 0x80",
    )


def direction(layers: Layers, names: tuple[int | str, ...]) -> Predicate:
    """Ask for the direction of frames to and from the distribution system."""
    name = names[0]
    number = name if isinstance(name, int) else _DIRECTIONS.get(name.lower())
    if number is None:
        raise FilterError(
            f"unknown 802.11 direction '{name}'", None, f"these are {', '.join(_DIRECTIONS)}"
        )
    return masked(layers.header.plus(1).load(1), 0x03, number)


def _subkind(layers: Layers, name: int | str, within: int) -> Predicate:
    known = next((_SUBKINDS[word] for word, number in _KINDS.items() if number == within), {})
    if isinstance(name, int):
        number = _checked(name, 0xF0, "subtype")
    elif name.lower() in known:
        number = known[name.lower()]
    else:
        raise FilterError(
            f"unknown 802.11 subtype name '{name}' of that type",
            None,
            f"these are {', '.join(known)}" if known else "",
        )
    return masked(layers.header.load(1), _SUBKIND_MASK, number | within)


def _checked(number: int, mask: int, what: str) -> int:
    if number & ~mask:
        raise FilterError(f"invalid 802.11 {what} value {number:#x}")
    return number


def _source(layers: Layers, ask: Callable[[int], Predicate]) -> Predicate:
    from_system, to_system = _flag(layers, _FROM_DS), _flag(layers, _TO_DS)
    relayed = Any((All((to_system, ask(24))), All((Not(to_system), ask(16)))))
    of_data = Any((All((from_system, relayed)), All((Not(from_system), ask(10)))))
    return _by_kind(layers, ask(10), of_data)


def _by_kind(layers: Layers, of_management: Predicate, of_data: Predicate) -> Predicate:
    """Ask one thing of management frames and another of data; control frames have no such field."""
    control = layers.header.load(1)
    is_data = has_bit(control, 0x08)
    either = Any((All((is_data, of_data)), All((Not(is_data), of_management))))
    return All((Not(has_bit(control, 0x04)), either))


def _has_field(layers: Layers, name: str) -> Predicate:
    """Ask whether a frame has the address field at all."""
    control = layers.header.load(1)
    acknowledged = Not(
        test(binary(AND, control, Number(_SUBKIND_MASK)), ((_CTS, _CTS), (_ACK, _ACK)))
    )
    not_management = has_bit(control, 0x08)
    if name == "addr2":
        return acknowledged
    if name == "addr3":
        return Not(masked(control, _KIND_MASK, 0x04))
    if name == "addr4":
        return masked(layers.header.plus(1).load(1), 0x03, _TO_DS | _FROM_DS)
    if name == "ra":
        return not_management
    return All((acknowledged, not_management)) if name == "ta" else TRUE


def _flag(layers: Layers, bit: int) -> Predicate:
    return has_bit(layers.header.plus(1).load(1), bit)
