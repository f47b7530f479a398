"""The fields of bindings: those of their JSON, by short names, by its paths, and by those of lists.

The present moment is one of stream time; times of day are packet time.
"""

from typing import Final

from sipcm.select.commonfields import TRANSPORT
from sipcm.select.field import Field, Table
from sipcm.select.kinds import ADDRESS, NUMBER, PORT, SECONDS, TEXT, TIME, URI, words
from sipcm.sip.signature import signature_text
from sipcm.state import bindings
from sipcm.state.bindings import Binding
from sipcm.state.events import TRANSPORT_NAMES

LIVE: Final = "live"
LEAVING: Final = "leaving"


def _signature(binding: Binding) -> bytes:
    call_id, from_tag = binding.text(bindings.CALL_ID), binding.text(bindings.FROM_TAG)
    return signature_text(binding.signature, call_id, from_tag).encode()


BINDINGS: Final = Table(
    "registrations",
    r'aor ~ "^\+49" and expires_in < 1m',
    (
        Field("number", NUMBER, "its number", "o.number", (), "str(o.number)"),
        Field("aor", URI, "address-of-record: who is registered", "o.aor"),
        Field(
            "contact",
            URI,
            "URI at which that is reached",
            f"o.text({bindings.CONTACT})",
            ("sip.contact",),
        ),
        Field("device", TEXT, "instance of the agent", "device(o)"),
        Field(
            "state",
            words({LIVE: 0, LEAVING: 1}),
            "whether it is being removed",
            "int(o.leaving)",
            (),
            "STATES[o.leaving]",
        ),
        Field(
            "client",
            ADDRESS,
            "IP address that the REGISTER came from",
            "o.client()[0]",
            ("client.ip", "src"),
            "address(o.client()[0])",
        ),
        Field(
            "server",
            ADDRESS,
            "IP address that it went to",
            "o.server()[0]",
            ("server.ip", "dst"),
            "address(o.server()[0])",
        ),
        Field(
            "client_port",
            PORT,
            "port that it came from",
            "o.client()[1]",
            ("client.port", "sport"),
            "str(o.client()[1])",
        ),
        Field(
            "server_port",
            PORT,
            "port that it went to",
            "o.server()[1]",
            ("server.port", "dport"),
            "str(o.server()[1])",
        ),
        TRANSPORT,
        Field(
            "user_agent",
            TEXT,
            "User-Agent",
            f"o.text({bindings.USER_AGENT})",
            ("user_agent.original", "ua"),
        ),
        Field("uas", TEXT, "Server of the registrar", f"o.text({bindings.UAS})", ("uas.original",)),
        Field(
            "call_id",
            TEXT,
            "Call-ID of the last REGISTER",
            f"o.text({bindings.CALL_ID})",
            ("sip.call_id", "cid"),
        ),
        Field("fromtag", TEXT, "tag of From", f"o.text({bindings.FROM_TAG})", ("sip.fromtag",)),
        Field("totag", TEXT, "tag of To", f"o.text({bindings.TO_TAG})", ("sip.totag",)),
        Field("from", URI, "URI of From", f"o.text({bindings.FROM})", ("sip.from", "fu")),
        Field("to", URI, "URI of To", f"o.text({bindings.TO})", ("sip.to", "tu")),
        Field("uri", URI, "URI of the request", f"o.text({bindings.URI})", ("uri.original",)),
        Field("created", TIME, "first REGISTER", "o.created"),
        Field(
            "call_start",
            TIME,
            "when it was granted first",
            "o.began_packet if o.announced else -1",
        ),
        Field(
            "age",
            SECONDS,
            "for how long it is registered",
            "max(now - o.began, 0) if o.announced else -1",
            (),
            "",
            True,
        ),
        Field(
            "refreshed_ago",
            SECONDS,
            "how long ago it was granted last",
            "max(now - o.refreshed, 0) if o.expires >= 0 else -1",
            (),
            "",
            True,
        ),
        Field("refreshes", NUMBER, "how often it was granted again", "o.refreshes"),
        Field("expires", SECONDS, "time that was granted", "o.expires * 1_000_000_000"),
        Field(
            "expires_in",
            SECONDS,
            "for how long it is kept when no more is seen of it",
            "max(o.deadline - now, 0)",
            (),
            "",
            True,
        ),
        Field("req_sig", TEXT, "signature of the last REGISTER", "signature(o)", ("sip.req_sig",)),
    ),
    {
        "STATES": (LIVE, LEAVING),
        "TRANSPORTS": TRANSPORT_NAMES,
        "device": lambda o: o.text(bindings.DEVICE).removesuffix(b";"),  # it has no reg-id
        "signature": _signature,
    },
    ("aor", "contact", "user_agent", "client"),
)
