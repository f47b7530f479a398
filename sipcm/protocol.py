"""Numbers of the protocols that carry SIP, as the header of IP gives them."""

from typing import Final

PROTOCOL_TCP: Final = 6
PROTOCOL_UDP: Final = 17
PROTOCOL_SCTP: Final = 132
PROTOCOL_WEBSOCKET: Final = 255  # it has none, and gets one that is reserved
