"""Packets in, datagrams and byte streams out; knows nothing of SIP."""
