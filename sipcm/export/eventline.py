"""One event as a line of JSON, written piece by piece.

Keys are those of the user guide, in its order; a key is absent when its value is unknown. Bytes
from the wire become text as UTF-8, with escapes for what is none, so any message makes valid JSON,
and for what is not printable, so that the line does a terminal no harm. The same event gives the
same bytes.
"""

from functools import lru_cache

from sipcm.annotation import Final, i64
from sipcm.export.endpointtext import address_text
from sipcm.export.primitives import blake2b, encode_basestring, encode_basestring_ascii
from sipcm.export.timetext import rfc3339, span_text
from sipcm.sip.signature import signature_text
from sipcm.sip.wording import REASONS
from sipcm.state.calls import CONTACT, FROM, PAI1, PAI2, TO, URI, Party, texts_in
from sipcm.state.eventnames import EVENT_NAMES
from sipcm.state.events import (
    MSG_PROBE,
    ORIGINATOR_NAMES,
    PARSE_ERROR,
    TRANSPORT_NAMES,
    TRIGGER_NAMES,
    Event,
    RateNote,
)
from sipcm.state.statenames import STATE_NAMES
from sipcm.state.trace import flag_names, past_state_names, trace_text

MILLISECOND: Final = 1_000_000
SECOND: Final = 1_000_000_000

DELETE: Final = "\x7f"
"""What JSON does not escape of ASCII and is not printable."""

REMEMBERED: Final = 1024
"""Texts of each kind that come again and again, and are not made anew each time."""


def line(event: Event) -> str:
    """Return *event* as one line of JSON, without its line end."""
    caller, callee, rate = event.caller, event.callee, event.rate
    parts = [f'{{"@timestamp":"{_moment(event.timestamp)}","type":"{EVENT_NAMES[event.type]}",']
    parts.append(_event(event))
    if client := _client(event):
        parts.append(f',"client":{{{client[1:]}}}')
    if server := _end(event.server, event.server_port):
        parts.append(f',"server":{{{server[1:]}}}')
    texts = texts_in(event.texts)
    if sip := _sip(event, texts):
        parts.append(f',"sip":{{{sip[1:]}}}')
    if uri := texts[URI]:
        parts.append(f',"uri":{{"original":{_text(uri)}}}')
    if event.user_agent:
        parts.append(f',"user_agent":{{"original":{_usual(event.user_agent)}}}')
    if event.uas:
        parts.append(f',"uas":{{"original":{_usual(event.uas)}}}')
    if rate is not None and (rate.exceeded or rate.suppressed):
        parts.append(_rate(rate))
    if event.type in (PARSE_ERROR, MSG_PROBE):
        parts.append(_error(event))
    if caller is not None and callee is not None:
        parts.append(_debug(event, caller, callee))
    parts.append("}")
    text = "".join(parts)
    if (text.isascii() and DELETE not in text) or text.isprintable():
        return text  # controls are escaped already
    return "".join(
        [char if char.isprintable() else encode_basestring_ascii(char)[1:-1] for char in text]
    )


def event_id(event: Event) -> str:
    """Return a name for *event* that is the same in every run over the same capture."""
    what = (
        f"({event.type}, {event.timestamp}, {event.call_id!r}, {event.from_tag!r}, "
        f"{event.to_tag!r}, {event.status}, {event.client!r}, {event.client_port}, "
        f"{event.excerpt!r})"
    )
    return blake2b(what.encode(), digest_size=8).hexdigest()


def _event(event: Event) -> str:
    created = f',"created":"{_moment(event.created)}"' if event.created >= 0 else ""
    started = f',"call_start":"{_moment(event.started)}"' if event.started >= 0 else ""
    lasted = f',"duration":{span_text(event.duration, SECOND)}' if event.duration >= 0 else ""
    by = f',"generated_on":"{TRIGGER_NAMES[event.trigger]}"' if event.trigger else ""
    return f'"event":{{"id":"{event_id(event)}"{created}{started}{lasted}{by}}}'


def _client(event: Event) -> str:
    end = _end(event.client, event.client_port)
    name = TRANSPORT_NAMES.get(event.transport)
    return end if name is None else f'{end},"transport":"{name}"'


def _end(address: bytes, port: i64) -> str:
    """Return the members for an *address* and a *port*, each behind a comma."""
    ip = f',"ip":"{_address(address)}"' if address else ""
    return f'{ip},"port":{port}' if port else ip


def _sip(event: Event, texts: list[bytes]) -> str:
    """Return the members about SIP, each behind a comma."""
    parts = []
    if event.call_id:
        parts.append(f',"call_id":{_text(event.call_id)}')
    if event.from_tag:
        parts.append(f',"fromtag":{_text(event.from_tag)}')
    if event.to_tag:
        parts.append(f',"totag":{_text(event.to_tag)}')
    if texts[FROM]:
        parts.append(f',"from":{_text(texts[FROM])}')
    if texts[TO]:
        parts.append(f',"to":{_text(texts[TO])}')
    if texts[CONTACT]:
        parts.append(f',"contact":{_text(texts[CONTACT])}')
    if event.method:
        parts.append(f',"request":{{"method":{_usual(event.method)}}}')
    if event.status:
        parts.append(f',"response":{{"status":{event.status}}}')
    if event.reason:
        parts.append(f',"sip_reason":{_usual(event.reason)}')
    if event.pdd >= 0:
        parts.append(f',"pdd":{span_text(event.pdd, MILLISECOND)}')
    if event.ring_time >= 0:
        parts.append(f',"ring_time":{span_text(event.ring_time, MILLISECOND)}')
    if event.originator:
        parts.append(f',"originator":"{ORIGINATOR_NAMES[event.originator]}"')
    if event.expires >= 0:
        parts.append(f',"expires":{event.expires}')
    if texts[PAI1]:
        parts.append(f',"pai1":{_text(texts[PAI1])}')
    if texts[PAI2]:
        parts.append(f',"pai2":{_text(texts[PAI2])}')
    if event.signature:
        signature = signature_text(event.signature, event.call_id, event.from_tag)
        parts.append(f',"req_sig":"{signature}"')
    return "".join(parts)


def _rate(note: RateNote) -> str:
    interval = f',"interval":{span_text(note.interval, SECOND)}' if note.interval >= 0 else ""
    return (
        f',"rate":{{"exceeded":{"true" if note.exceeded else "false"},"count":{note.count},'
        f'"suppressed":{note.suppressed},"value":{note.value!r},"limit":{note.limit}'
        f"{interval}}}"
    )


def _error(event: Event) -> str:
    reason = _reason(event.error_reason) if event.error_reason else '"not SIP"'
    offset = f',"offset":{event.error_offset}' if event.error_offset >= 0 else ""
    excerpt = f',"excerpt":{_text(event.excerpt)}' if event.excerpt else ""
    return f',"error":{{"reason":{reason}{offset}{excerpt}}}'


def _debug(event: Event, caller: Party, callee: Party) -> str:
    steps = _trace(event.steps0, event.steps1, event.steps2, event.steps3, event.step_count)
    return (
        f',"dbg":{{"state":"{STATE_NAMES[event.state]}",'
        f'"prev_states":{_past_states(event.past_states, event.past_count)},'
        f'"msg_trace":{steps},"call_flags":{_flags(event.call_flags)},'
        f'"cseq":[{max(caller.cseq, 0)},{max(callee.cseq, 0)}],'
        f'"rcseq":[{max(caller.reply_cseq, 0)},{max(callee.reply_cseq, 0)}],'
        f'"req_no":[{caller.requests},{callee.requests}],'
        f'"repl_no":[{caller.replies},{callee.replies}],'
        f'"req_retr":[{caller.request_repeats},{callee.request_repeats}],'
        f'"repl_retr":[{caller.reply_repeats},{callee.reply_repeats}]}}'
    )


def _text(value: bytes) -> str:
    return encode_basestring(value.decode("utf-8", "backslashreplace"))


def _moment(timestamp: i64) -> str:
    """Return nanoseconds since 1970 as :func:`rfc3339` does."""
    seconds = timestamp // SECOND
    return f"{_second(seconds)}{timestamp - seconds * SECOND:09}Z"


@lru_cache(REMEMBERED)
def _second(seconds: int) -> str:
    return rfc3339(seconds * SECOND)[: -len("000000000Z")]


@lru_cache(REMEMBERED)
def _usual(value: bytes) -> str:
    """Do what :func:`_text` does for what is the same in many events."""
    return _text(value)


@lru_cache(REMEMBERED)
def _reason(number: int) -> str:
    return encode_basestring(REASONS[number])


@lru_cache(REMEMBERED)
def _address(value: bytes) -> str:
    return address_text(value)


@lru_cache(REMEMBERED)
def _past_states(past_states: int, count: int) -> str:
    return _array(past_state_names(past_states, count))


@lru_cache(REMEMBERED)
def _flags(flags: int) -> str:
    return _array(flag_names(flags))


@lru_cache(REMEMBERED)
def _trace(steps0: int, steps1: int, steps2: int, steps3: int, count: int) -> str:
    return encode_basestring(trace_text((steps0, steps1, steps2, steps3), count))


def _array(texts: list[str]) -> str:
    return f"[{','.join([encode_basestring(text) for text in texts])}]"
