"""One binding as a row of the list in HTML."""

from typing import Final
from urllib.parse import quote

from markupsafe import Markup

from sipcm.clock import DAY, SECOND, Clock
from sipcm.export.endpointtext import endpoint_text
from sipcm.export.timetext import rfc3339
from sipcm.httpui.bindingtext import expiry, is_of_now, packet_time
from sipcm.httpui.cells import breaking, cell, head_of
from sipcm.httpui.faces import figure, seconds
from sipcm.select.texts import wire
from sipcm.state import bindings
from sipcm.state.bindings import Binding

COLUMNS: Final = 8


def row(
    binding: Binding,
    clock: Clock,
    *,
    flapping: bool,
    contacts: int,
    by_aor: bool,
    base: str = "",
) -> tuple[str, str]:
    """Return what stands above *binding* and others of its address-of-record, and its row.

    Where the list is not sorted *by_aor* that is nothing, and the row tells whose it is. There are
    so many *contacts* of his; they come and go if he is *flapping*. Links begin with *base*.
    """
    time = rfc3339(binding.began_packet if binding.announced else binding.created)
    source = endpoint_text(*binding.client())
    mark = ' <strong class="bad">flapping</strong>' if flapping else ""
    many = f' <span class="faint">{contacts} contact{"s" if contacts > 1 else ""}</span>'
    aor = wire(binding.aor)
    who = f'<a href="{base}/regs/aor?aor={quote(aor)}">{breaking(aor, "@")}</a>'
    told = "" if by_aor else f"{who}{many if contacts > 1 else ''}{mark}"
    html = (
        f'<tr><td class="number" data-label="No.">{binding.number}</td>'
        f'<td class="wire uri">{told}{_links(binding, base)}</td>'
        f'<td class="wire uri">{breaking(wire(binding.text(bindings.CONTACT)), "@;")}</td>'
        f'<td class="wire">{breaking(source, ":")}</td>'
        f'<td class="reason">{cell(wire(binding.text(bindings.USER_AGENT)))}</td>'
        f'<td class="brief" data-label="since">'
        f'<time datetime="{time}">{time[:10]} {time[11:19]}</time></td>'
        f'<td class="number" data-label="expires in">{lasts(binding, clock)}</td>'
        f'<td class="number" data-label="renewed">{figure(int(binding.refreshes))}</td></tr>'
    )
    return head_of(f"{who}{many}{mark}", COLUMNS, "wire") if by_aor else "", html


def lasts(binding: Binding, clock: Clock) -> Markup:
    """Return until when *binding* was granted, and until when it is kept if that is later."""
    end, kept, now = expiry(binding), int(binding.deadline), int(clock.now)
    left = (end - now) // SECOND
    words = seconds(left) if left >= 0 else f'<span class="bad">expired</span> {seconds(-left)} ago'
    if binding.leaving:
        words += ' <span class="bad">leaving</span>'
    until = _time(binding, clock, end)
    if kept > end:
        until += f", kept until {_time(binding, clock, kept)}"
    return Markup(f'{words} <span class="faint until">{until}</span>')  # noqa: S704  ours alone


def _time(binding: Binding, clock: Clock, moment: int) -> str:
    """Return *moment* as the time of day, with the day where that is not near."""
    time = rfc3339(packet_time(binding, clock, moment))
    near = is_of_now(binding, clock) and abs(moment - int(clock.now)) < DAY
    day = "" if near else f"{time[:10]} "
    return f'<time datetime="{time}">{day}{time[11:19]}</time>'


def _links(binding: Binding, base: str) -> str:
    """Return links to the events and the signalling of *binding*."""
    to = wire(binding.text(bindings.TO))
    events = f' <a href="{base}/events?tu={quote(to)}&amp;exact=1">events</a>' if to else ""
    call = f' <a href="{base}/calls/{binding.call}">signalling</a>' if binding.call >= 0 else ""
    return events + call
