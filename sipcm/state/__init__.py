"""What the messages mean: calls, their states and timers, and the events that come of them."""
