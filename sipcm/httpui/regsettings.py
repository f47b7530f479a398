"""The page of how registrations are followed, as options say and as it is changed in a run."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sipcm.httpui.page import Page, See
from sipcm.httpui.query import BadParameterError, Query
from sipcm.options import BY_NAME
from sipcm.run import Run

PATH: Final = "/regs/cfg"

DEFAULT: Final = "-1"
"""What is sent for the value that the settings have."""

GRACE: Final = "reg_exp_delta"
DELAY: Final = "reg_del_delay"
IGNORE_PORT: Final = "contact_ignore_port"

ABOUT: Final = {
    GRACE: "seconds that a registration or subscription outlives what was granted",
    DELAY: "seconds for which a reg-del waits for the contact to come back",
    IGNORE_PORT: "contacts that differ only in their port are the same",
}


async def show(run: Run, query: Query) -> Page:
    """Show how registrations are followed."""
    query.refuse_others(())
    registrar = run.pipeline.tracker.registrar
    settings = run.settings
    data: dict[str, dict[str, Any]] = {
        GRACE: {"value": int(registrar.grace), "default": settings.reg_exp_delta},
        DELAY: {"value": int(registrar.delay), "default": settings.reg_del_delay},
        IGNORE_PORT: {"value": registrar.ignore_port, "default": settings.contact_ignore_port},
    }
    for name, row in data.items():
        if name != IGNORE_PORT:
            row["lowest"], row["highest"] = BY_NAME[name].lowest, BY_NAME[name].highest
        row["about"] = ABOUT[name]
    text = "".join(
        f"{name:<23}: {int(row['value'])}    {row['about']}\n" for name, row in data.items()
    )
    extra = {"path": PATH, "numbers": (GRACE, DELAY), "switch": IGNORE_PORT, "rows": data}
    return Page("Settings of registrations", "regs_cfg.html", dict(data), text, extra=extra)


def change(run: Run, query: Query) -> See:
    """Set what is named: all of it, or nothing when one value cannot be."""
    query.refuse_others(ABOUT)
    registrar = run.pipeline.tracker.registrar
    settings = run.settings
    grace, delay, ignore_port = registrar.grace, registrar.delay, registrar.ignore_port
    if text := query.text(GRACE):
        grace = settings.reg_exp_delta if text == DEFAULT else _seconds(query, GRACE)
    if text := query.text(DELAY):
        delay = settings.reg_del_delay if text == DEFAULT else _seconds(query, DELAY)
    if text := query.text(IGNORE_PORT):
        ignore_port = settings.contact_ignore_port if text == DEFAULT else _on(query, IGNORE_PORT)
    registrar.grace = grace
    registrar.delay = delay
    registrar.ignore_port = ignore_port
    return See(PATH)


def _seconds(query: Query, name: str) -> int:
    with _or_the_default():
        return query.number(name, 0, BY_NAME[name].lowest, BY_NAME[name].highest)


def _on(query: Query, name: str) -> bool:
    with _or_the_default():
        return query.setting(name, default=False)


@contextmanager
def _or_the_default() -> Iterator[None]:
    """Let what is told of a bad value say what else could stand there."""
    try:
        yield
    except BadParameterError as error:
        raise BadParameterError(f"{error}, or {DEFAULT} for the default") from None
