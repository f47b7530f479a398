"""Lines about the reassembly of TCP for ``-assembly_debug_log`` and ``-assembly_memuse_log``."""

from collections.abc import Iterator

from sipcm.export.endpointtext import endpoint_text
from sipcm.net.packet import TCP
from sipcm.net.tcp import HEADER
from sipcm.net.tcpfate import FATES
from sipcm.pipeline import Pipeline
from sipcm.settings import Settings

SEGMENTS = 65_536
"""Segments between two lines about memory, at most."""

STREAMS = 1024
"""Streams of which the first line tells; the next ones come each time these have doubled."""


class AssemblyLog:
    """What to write after packets that *pipeline* has taken, as *settings* ask."""

    def __init__(self, pipeline: Pipeline, settings: Settings) -> None:
        self.single = settings.assembly_debug_log
        self._memory = settings.assembly_memuse_log
        self._pipeline = pipeline
        self._segments = 0
        self._streams = STREAMS

    def lines(self, number: int) -> Iterator[str]:
        """Yield the lines that are due after the packet of that *number*."""
        if self.single and (line := self._segment(number)):
            yield line
        if self._memory and self._is_due():
            yield self._held()

    def _segment(self, number: int) -> str:
        """Say what became of the segment that was taken last, if it was one."""
        pipeline = self._pipeline
        packet = pipeline.lot.packets[0]
        if packet.outcome != TCP or pipeline.queue or pipeline.doubt is not None:
            return ""
        datagram = packet.datagram
        tcp = pipeline.streams.tcp
        source = endpoint_text(datagram.source(), datagram.source_port)
        destination = endpoint_text(datagram.destination(), datagram.destination_port)
        line = f"assembly: packet {number}: {source} -> {destination}"
        header = datagram.payload()[:HEADER]
        if len(header) == HEADER:
            length = max(0, int(datagram.end - datagram.start) - (header[12] >> 4) * 4)
            line = f"{line} seq {int.from_bytes(header[4:8], 'big')} len {length}"
        line = f"{line}: {FATES[tcp.fate]}"
        stream = tcp.known
        if stream is not None and stream.waiting is not None:
            line = f"{line}; {int(stream.held)} bytes wait for {int(stream.gap())}"
        return line

    def _is_due(self) -> bool:
        packets = self._pipeline.counters
        passed = int(packets.tcp4.value + packets.tcp6.value) // SEGMENTS
        streams = int(self._pipeline.streams.tcp.counters.streams.highest)
        due = passed > self._segments or streams >= self._streams
        self._segments = passed
        while streams >= self._streams:
            self._streams *= 2
        return due

    def _held(self) -> str:
        """Say what reassembly holds."""
        tcp = self._pipeline.streams.tcp
        counters = tcp.counters
        return (
            f"assembly: {int(counters.streams.value)} streams "
            f"(at most {int(counters.streams.highest)}), {len(tcp.waiting.streams)} wait with "
            f"{int(counters.held_segments.value)} pieces of {int(counters.held.value)} bytes "
            f"(at most {int(counters.held.highest)}); {int(counters.evicted.value)} evicted, "
            f"{int(counters.over_limit.value)} times too much was held"
        )
