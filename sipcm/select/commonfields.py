"""The fields that calls and events have alike: the same attributes, by the same names."""

from typing import Final

from sipcm.select.field import Field
from sipcm.select.kinds import ADDRESS, PORT, TEXT, URI, words
from sipcm.state import calls
from sipcm.state.events import TRANSPORT_NAMES
from sipcm.state.statenames import STATE_IDS, STATE_NAMES

STATES: Final = words(
    {name: number for number, name in enumerate(STATE_NAMES)}
    | {name: number for number, name in enumerate(STATE_IDS)},
    "name or ID of a state, such as established or inv_early_dlg",
)
TRANSPORTS: Final = words({name: number for number, name in TRANSPORT_NAMES.items()})

TRANSPORT: Final = Field(
    "transport",
    TRANSPORTS,
    "transport, such as udp",
    "o.transport",
    ("client.transport", "proto"),
    "TRANSPORTS.get(o.transport, '-')",
)

ENDS: Final = (
    Field(
        "client",
        ADDRESS,
        "IP address of the client",
        "o.client",
        ("client.ip", "src"),
        "address(o.client)",
    ),
    Field(
        "server",
        ADDRESS,
        "IP address of the server",
        "o.server",
        ("server.ip", "dst"),
        "address(o.server)",
    ),
    Field(
        "client_port",
        PORT,
        "port of the client",
        "o.client_port",
        ("client.port", "sport"),
        "str(o.client_port)",
    ),
    Field(
        "server_port",
        PORT,
        "port of the server",
        "o.server_port",
        ("server.port", "dport"),
        "str(o.server_port)",
    ),
    TRANSPORT,
)
"""Between which addresses, and how."""

DIALOG: Final = (
    Field("call_id", TEXT, "Call-ID", "o.call_id", ("sip.call_id", "cid")),
    Field("fromtag", TEXT, "tag of From", "o.from_tag", ("sip.fromtag", "ftag")),
    Field("totag", TEXT, "tag of To", "o.to_tag", ("sip.totag", "ttag")),
)
"""What tells a dialog (RFC 3261 12)."""

IDENTITIES: Final = (
    Field("pai1", URI, "first identity asserted", f"o.text({calls.PAI1})", ("sip.pai1",)),
    Field("pai2", URI, "second identity asserted", f"o.text({calls.PAI2})", ("sip.pai2",)),
)
"""What the network says of who calls (RFC 3325)."""

AGENTS: Final = (
    Field(
        "user_agent",
        TEXT,
        "User-Agent of the client",
        "o.user_agent",
        ("user_agent.original", "ua"),
    ),
    Field("uas", TEXT, "Server or User-Agent of the server", "o.uas", ("uas.original",)),
)
"""What the agents say of themselves."""
