"""Which events ``-select`` asks for, of those that are written and those that tables are made of.

What it selects is the same at any speed: fields that go on with time are not known here.
"""

from sipcm.annotation import TYPE_CHECKING, Callable, Sequence
from sipcm.errors import ConfigError
from sipcm.state.events import Event

if TYPE_CHECKING:
    from sipcm.state.peers import Peers

Choice = Callable[[Sequence[Event]], list[Event]]
"""Returns those of some events that are asked for."""


def event_choice(expression: str, peers: "Peers | None" = None) -> Choice:
    """Return the choice that *expression* describes, all where it is empty; *peers* have names.

    ConfigError says what is wrong with it, and its details where.
    """
    if not expression.strip():
        return list
    from sipcm.select.compiler import select  # noqa: PLC0415  rarely wanted
    from sipcm.select.errors import SelectError  # noqa: PLC0415
    from sipcm.select.eventfields import EVENTS  # noqa: PLC0415
    from sipcm.select.peerfields import naming  # noqa: PLC0415

    try:
        picks = select(expression, naming(EVENTS, peers), moment=False).picks
    except SelectError as error:
        refusal = ConfigError(f"-select: {error}")
        refusal.details = error.details
        raise refusal from None
    return lambda events: [events[place] for place in picks(events, 0)]
