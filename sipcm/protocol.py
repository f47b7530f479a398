"""Numbers of protocols as the header of IP gives them (iana.org/assignments/protocol-numbers)."""

from sipcm.annotation import Final

# Those that carry SIP
PROTOCOL_TCP: Final = 6
PROTOCOL_UDP: Final = 17
PROTOCOL_SCTP: Final = 132
PROTOCOL_WEBSOCKET: Final = 255  # it has none, and gets one that is reserved

# What is between them and the header of IP
PROTOCOL_HOP_BY_HOP: Final = 0
PROTOCOL_IPV4: Final = 4  # RFC 2003
PROTOCOL_IPV6: Final = 41  # RFC 2473, RFC 4213
PROTOCOL_ROUTING: Final = 43
PROTOCOL_FRAGMENT: Final = 44
PROTOCOL_GRE: Final = 47
PROTOCOL_ESP: Final = 50
PROTOCOL_AUTHENTICATION: Final = 51
PROTOCOL_DESTINATION: Final = 60
PROTOCOL_MPLS: Final = 137  # RFC 4023
PROTOCOL_ETHERNET: Final = 143  # RFC 8986
