"""Samples: one for each counter, taken anew when it doubles."""

from sipcm.counters import Counter
from sipcm.net.decode import decode
from sipcm.net.packet import Datagram
from sipcm.samples import EXCERPT, Samples
from tests.net.encapsulated import DESTINATION4, OTHERS, PAYLOAD, PLAIN, SOURCE4
from tests.segments import segment


def read(frame: bytes) -> Datagram:
    datagram = Datagram()
    decode(frame, 0, len(frame), 1, datagram)
    return datagram


def test_a_sample_tells_what_the_packet_was():
    samples, counter = Samples(), Counter("rtp", "")
    counter.value = 1
    datagram = read(PLAIN)
    samples.note(counter, datagram, 77)
    sample = samples.by_counter[counter]
    assert (sample.timestamp, sample.layers) == (77, datagram.layers)
    assert (sample.source, sample.source_port) == (SOURCE4, 5060)
    assert (sample.destination, sample.destination_port) == (DESTINATION4, 5080)
    assert sample.excerpt == PAYLOAD[:EXCERPT]


def test_a_packet_without_addresses():
    samples, counter = Samples(), Counter("arp", "")
    counter.value = 1
    samples.note(counter, read(OTHERS["arp"][1]), 1)
    sample = samples.by_counter[counter]
    assert (sample.source, sample.source_port, sample.excerpt) == (b"", 0, bytes(28))
    samples.note(counter, read(b""), 2)
    assert samples.by_counter[counter].excerpt == b""


def test_a_sample_of_a_segment_is_what_it_carries():
    samples, counter = Samples(), Counter("ignored", "")
    datagram = read(segment(1, b"payload", options=bytes(8)))
    start = datagram.start
    for counter.value in (3, 4):
        samples.note_segment(counter, datagram, 5)
        assert datagram.start == start
    assert samples.by_counter[counter].excerpt == b"payload"
    assert samples.by_counter[counter].source_port == 40_000


def test_samples_are_taken_when_a_number_doubles():
    samples, counter, other = Samples(), Counter("a", ""), Counter("a", "")
    datagram = read(PLAIN)
    taken = []
    for number in range(1, 101):
        counter.value += 1
        samples.note(counter, datagram, number)
        taken.append(samples.by_counter[counter].timestamp)
    assert sorted(set(taken)) == [1, 2, 4, 8, 16, 32, 64]
    other.value = 1
    samples.note(other, datagram, 5)
    assert len(samples.by_counter) == 2
