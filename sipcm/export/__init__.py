"""Sinks of events: where they go besides the pages."""
