"""The pages about the program: which version runs on what, and with which settings."""

import platform
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from sipcm import build
from sipcm.httpui.page import Page
from sipcm.httpui.query import Query
from sipcm.log import escape
from sipcm.option import Option
from sipcm.options import GROUPS, OPTIONS
from sipcm.run import Run
from sipcm.settings import DEFAULT, Settings
from sipcm.version import VERSION

DEPENDENCIES: Final = (
    "aiohttp",
    "backports.zstd",
    "google-re2",
    "jinja2",
    "prometheus-client",
    "sortedcontainers",
    "uvloop",
)
"""What the package needs when it runs, as pyproject.toml has it."""


def prepare() -> None:
    """Read now what files say that cannot be read later."""
    _dependencies()
    build.describe()


async def show(_run: Run, query: Query) -> Page:
    """Show the version, how it was built, and the libraries it uses."""
    query.refuse_others(())
    dependencies = _dependencies()
    data = {
        "version": VERSION,
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "build": build.describe(),
        "scanner": build.scanner(),
        "dependencies": dependencies,
    }
    text = (
        f"sipcm version {VERSION}\n"
        f"python {data['python']} ({data['implementation']})\n"
        f"build: {data['build']}\n"
        f"SIP scanner: {data['scanner']}\n"
        "\n"
        "deps:\n"
    )
    text += "".join(f"{name} {number}\n" for name, number in dependencies.items())
    return Page("About", "about.html", data, text)


async def show_config(run: Run, query: Query) -> Page:
    """Show all settings, and where those come from that are not the default."""
    query.refuse_others(())
    settings = run.settings
    options = [option for option in OPTIONS if not option.asks]
    data = {
        "arguments": list(run.arguments),
        "options": {
            option.name: {
                "value": settings.value(option),
                "origin": settings.origin(option),
                "default": option.default,
            }
            for option in options
        },
    }
    lines = [
        f"sipcm command line arguments: [{' '.join(run.arguments)}]",
        "",
        "Config:",
        *(f"\t{known_name(option)}: {_shown(option, settings)}" for option in options),
        "",
        "Origins:",
        *(
            f"\t{known_name(option)}: {settings.origin(option)}"
            for option in options
            if settings.origin(option) != DEFAULT
        ),
    ]
    tables = [(group, [option for option in options if option.group == group]) for group in GROUPS]
    return Page(
        "Settings",
        "about_config.html",
        data,
        "".join(f"{_printable(line)}\n" for line in lines),
        extra={"tables": tables, "settings": settings},
    )


def known_name(option: Option) -> str:
    """Return the name that the original's newest revision has for *option*."""
    return option.aliases[0] if option.aliases else option.name


def _shown(option: Option, settings: Settings) -> str:
    value = settings.value(option)
    if isinstance(value, tuple) and not option.repeated:
        return f"[{' '.join(option.items(value))}]"
    return option.show(value)


def _printable(line: str) -> str:
    """Make *line* harmless, all but the tab that it begins with."""
    return f"\t{escape(line[1:])}" if line.startswith("\t") else escape(line)


@cache
def _dependencies() -> dict[str, str]:
    """Return the versions of those that are installed; to find them takes milliseconds."""
    found = {}
    for name in DEPENDENCIES:
        with suppress(PackageNotFoundError):  # not needed here, such as uvloop without CPython
            found[name] = version(name)
    return found
