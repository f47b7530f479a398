"""The options of who may see the pages and change something there, and how it gets to them."""

from sipcm.option import BOOL, INT, STRING, Option

WEB = "Web interface"

LARGEST_UPLOAD = 4096
"""Megabytes."""

ACCESS_OPTIONS = (
    Option(
        WEB,
        "http_auth",
        STRING,
        "",
        "Let only the users in this file see the pages: a line user:hash for each, with scrypt or "
        "bcrypt. -http_passwd makes such lines.",
        metavar="FILE",
    ),
    Option(
        WEB,
        "http_passwd",
        STRING,
        "",
        "Ask for a password, print the line of -http_auth for this user, then end.",
        metavar="USER",
    ),
    Option(
        WEB,
        "http_tls",
        STRING,
        "",
        "Serve the pages by HTTPS, with this certificate and key in PEM format.",
        metavar="CERT,KEY",
    ),
    Option(
        WEB,
        "http_readonly",
        BOOL,
        False,
        "Let the pages change nothing: no settings, no injected messages.",
    ),
    Option(
        WEB,
        "http_upload",
        BOOL,
        False,
        "Let captures be sent to /upload, and show what is in them on pages of their own, beside "
        "what sipcm follows itself. -http_readonly allows it.",
    ),
    Option(
        WEB,
        "http_upload_mb",
        INT,
        64,
        "Take captures of at most so many megabytes there.",
        metavar="N",
        lowest=1,
        highest=LARGEST_UPLOAD,
    ),
)
