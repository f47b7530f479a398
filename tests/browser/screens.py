"""The screens that pages are looked at on."""

from typing import Any, Final, Literal

DESK: Final[dict[str, Any]] = {"viewport": {"width": 1280, "height": 900}}
PHONE: Final[dict[str, Any]] = {
    "viewport": {"width": 360, "height": 900},
    "is_mobile": True,
    "has_touch": True,
}
SHADES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
