"""Transport addresses as text."""

from ipaddress import ip_address


def endpoint_text(address: bytes, port: int) -> str:
    """Render *address*, 4 or 16 bytes, and *port*, as in a URI; empty where there is none."""
    if not address:
        return ""
    host = str(ip_address(address))
    return f"[{host}]:{port}" if len(address) == 16 else f"{host}:{port}"
