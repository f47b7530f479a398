"""Each protocol that carries SIP has a number, a name and counters."""

from sipcm import protocol
from sipcm.counters import PacketCounters
from sipcm.state.events import TRANSPORT_NAMES


def test_numbers_have_names_and_counters():
    numbers = {
        name.removeprefix("PROTOCOL_"): number
        for name, number in vars(protocol).items()
        if name.startswith("PROTOCOL_")
    }
    assert len(set(numbers.values())) == len(numbers)
    carriers = {"TCP": 6, "UDP": 17, "SCTP": 132, "WEBSOCKET": 255}
    assert numbers.items() >= carriers.items()
    assert set(TRANSPORT_NAMES) == set(carriers.values())
    counters = PacketCounters({}, [])
    for number, name in TRANSPORT_NAMES.items():
        assert counters.of(number).tracked_ok.name == f"tracked_ok_{name}"
