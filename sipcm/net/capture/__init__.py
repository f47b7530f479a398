"""Packets from the interfaces of this machine, by Linux's packet sockets (packet(7))."""
