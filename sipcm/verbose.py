"""One line a packet for ``-verbose``: what it is, and what each layer made of it."""

from sipcm import duration
from sipcm.export.endpointtext import endpoint_text
from sipcm.export.tables import printable
from sipcm.export.timetext import rfc3339
from sipcm.net.outcome import describe, layer_names
from sipcm.net.packet import COPY, DECODED, SCTP, TCP
from sipcm.net.records import Cursor
from sipcm.net.tcpfate import FATES
from sipcm.packet import Packet
from sipcm.pipeline import Pipeline
from sipcm.sip.payload import KIND_NAMES, SIP
from sipcm.sip.wording import METHODS, REASONS
from sipcm.state.statenames import STATE_NAMES


def packet_line(pipeline: Pipeline, cursor: Cursor) -> str:
    """Render the packet that *pipeline* has just taken, alone, from *cursor*."""
    doubt = pipeline.doubt
    packet = pipeline.lot.packets[0]
    if pipeline.queue:
        packet = pipeline.queue[-1]
    elif doubt is not None:
        packet = doubt.packet
    datagram = packet.datagram
    head = f"{cursor.number}. {rfc3339(cursor.timestamp)} link {cursor.linktype}"
    head = f"{head} [{' '.join(layer_names(datagram.layers))}]"
    if datagram.version:
        source = endpoint_text(datagram.source(), datagram.source_port)
        destination = endpoint_text(datagram.destination(), datagram.destination_port)
        head = f"{head} {source} -> {destination}"
    if packet.outcome == COPY:
        return f"{head} not followed: captured twice"
    if packet.outcome == TCP:
        return f"{head} TCP {_segment(pipeline)}"
    if packet.outcome == SCTP:
        return f"{head} SCTP{_found(pipeline)}"
    if packet.outcome != DECODED:
        return f"{head} not decoded: {describe(packet.outcome, datagram.detail)}"
    length = datagram.end - datagram.start
    return f"{head} UDP payload len: {length} {_payload(packet, pipeline)}"


def _segment(pipeline: Pipeline) -> str:
    """Say what became of the segment, unless it still waits for its turn."""
    if pipeline.queue or pipeline.doubt is not None:
        return "waits for its turn"
    return f"{FATES[pipeline.streams.tcp.fate]}{_found(pipeline)}"


def _found(pipeline: Pipeline) -> str:
    """Say how many messages the packet completed, and what the last of them is."""
    streams = pipeline.streams
    if not streams.found:
        return ""
    packet = streams.packet
    count = f"; completes {int(streams.found)} messages, the last:" if streams.found > 1 else ";"
    since = int(packet.timestamp - streams.began)
    begun = f", begun {duration.render(since)} before" if since > 0 else ""
    return f"{count} {_payload(packet, pipeline)}{begun}"


def _payload(packet: Packet, pipeline: Pipeline) -> str:
    if packet.kind != SIP:
        return KIND_NAMES[packet.kind]
    message = packet.message
    if packet.reason:
        excerpt = printable(packet.datagram.payload()[message.error_at :][:40])
        return f"SIP, parse error at {message.error_at}: {REASONS[packet.reason]}: {excerpt}"
    what = str(message.status) if message.status else METHODS[message.method]
    if pipeline.doubt is not None:
        return f"SIP {what}: its time leaps: waits for the next packet"
    call = pipeline.tracker.last
    if call is None:
        return f"SIP {what}: not tracked"
    return f"SIP {what} cseq {message.cseq}: {STATE_NAMES[call.state]} {printable(call.call_id)}"
