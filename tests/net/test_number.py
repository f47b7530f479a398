"""Numbers in headers, in both orders."""

import pytest

from sipcm.net import number

ORDERS = {
    "network": (number.read_u16, number.read_u32, "big"),
    "host": (number.read_u16_little, number.read_u32_little, "little"),
}


@pytest.mark.parametrize(("short", "long", "order"), ORDERS.values(), ids=ORDERS)
@pytest.mark.parametrize(
    "data", [b"\x12\x34\x56\x78\x9a\xbc", bytes(6), b"\xff" * 6, b"\0\x80" * 3]
)
def test_numbers_are_unsigned_and_lie_where_they_are_said_to(short, long, order, data):
    for at in range(3):
        two, four = (
            int.from_bytes(data[at : at + 2], order),
            int.from_bytes(data[at : at + 4], order),
        )
        assert (short(data, at), long(data, at)) == (two, four)
        big = order == "big"
        assert number.read_u16_as(data, at, big=big) == two
        assert number.read_u32_as(data, at, big=big) == four
