"""Transport addresses as text."""


def address_text(address: bytes) -> str:
    """Render *address*, 4 or 16 bytes."""
    if len(address) == 4:
        return ".".join(map(str, address))
    from ipaddress import IPv6Address  # noqa: PLC0415  costs more than a short run

    return str(IPv6Address(address))


def endpoint_text(address: bytes, port: int) -> str:
    """Render *address*, 4 or 16 bytes, and *port*, as in a URI; empty where there is none."""
    if not address:
        return ""
    host = address_text(address)
    return f"[{host}]:{port}" if len(address) == 16 else f"{host}:{port}"
