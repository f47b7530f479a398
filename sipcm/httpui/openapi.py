"""The description of all pages for programs, OpenAPI 3.1: made from the table of pages.

Which parameters there are each page is asked itself: one that does not exist makes it name those
that it takes. What its JSON holds says ``pages.schema.json``, which is shipped with the package.
"""

import json
from collections.abc import AsyncGenerator, Awaitable, Mapping, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from sipcm.httpui import eventstream, metrics
from sipcm.httpui.callsearch import HIGHEST as HIGHEST_CALL
from sipcm.httpui.document import Document
from sipcm.httpui.negotiate import CONTENT_TYPES, Face
from sipcm.httpui.page import RefusedError
from sipcm.httpui.parameters import OF_FILES, Schema, choice, number, of_address, of_form
from sipcm.httpui.query import EVERYWHERE, Query, UnknownParameterError
from sipcm.httpui.receiving import FILE_FORM
from sipcm.run import Run
from sipcm.version import VERSION

PLACE: Final = "<id>"
"""In a path: the number of what a page is about."""

if TYPE_CHECKING:
    from sipcm.httpui.routes import Route, Stream

PATH: Final = "/openapi.json"

_SCHEMAS: Final = (
    files("sipcm.httpui")
    .joinpath("pages.schema.json")
    .read_text("utf-8")
    .replace("#/$defs/", "#/components/schemas/")
)
"""As JSON; read at the start, since who gives up his rights then may not read it later."""

CONTENT_TYPE: Final = "application/json; charset=utf-8"

LISTS: Final = frozenset(
    ("/calls/failed", "/calls/list", "/events", "/evrateblst/list", "/regs/list")
)
"""Pages that have a CSV."""

FORM: Final = "application/x-www-form-urlencoded"

_UNKNOWN: Final = "\0"
"""A parameter that no page takes."""

_ERRORS: Final = {
    "400": "A parameter that the page does not take, or a value that it cannot read.",
    "401": "A login is needed, or this one is wrong (-http_auth).",
    "403": "Not the name of this server, the page of another site, or read-only (-http_readonly).",
    "404": "No such page, or no such call.",
    "429": "Too many wrong logins from this address.",
    "503": "Too much is being sent or checked at the moment.",
}
FILE_TYPES: Final = {"pcap": "application/x-pcapng", "svg": "image/svg+xml"}
"""What files are, by the end of their names."""

_LEADS: Final = {
    "description": "Where it is.",
    "headers": {"Location": {"schema": {"type": "string"}}},
}
_ERRORS_OF_FORMS: Final = {
    "408": "The form did not come in time.",
    "413": "Too much was sent.",
    "415": "This is no form, or it is encoded.",
}

_ERRORS_OF_FILES: Final = {
    "411": "A form with a file needs a Content-Length.",
    "507": "There is no room for the file.",
}


async def document(
    run: Run, query: Query, routes: "Sequence[Route]", streams: "Mapping[str, Stream]"
) -> Document:
    """Return the description of *routes* and *streams*."""
    query.refuse_others(())
    query.choice("format", "", (Face.JSON,))
    text = json.dumps(await describe(run, routes, streams), separators=(",", ":"))
    return Document(CONTENT_TYPE, _pieces(text.encode()))


async def _pieces(content: bytes) -> AsyncGenerator[bytes, None]:
    yield content


async def describe(
    run: Run, routes: "Sequence[Route]", streams: "Mapping[str, Stream]"
) -> dict[str, Any]:
    """Return the description of *routes* and *streams* as JSON has it."""
    paths = {}
    for route in routes:
        operations = {"get": await _reading(run, route)}
        if route.change is not None or route.answer is not None:
            operations["post"] = await _posting(run, route)
        elif route.take is not None:
            operations["post"] = _sending(route)
        paths[address_of(route.path)] = operations
        for suffix in route.files:
            paths[f"{address_of(route.path)}.{suffix}"] = {"get": await _file(run, route, suffix)}
    paths |= {path: {"get": _streaming(path, stream)} for path, stream in streams.items()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "sipcm",
            "version": VERSION,
            "description": "Calls, registrations and events of SIP. Keys of JSON may be added.",
        },
        **({"servers": [{"url": run.base}]} if run.base else {}),
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": schemas(),
            "responses": {
                status: _refused(text)
                for status, text in (_ERRORS | _ERRORS_OF_FORMS | _ERRORS_OF_FILES).items()
            },
            "securitySchemes": {"login": {"type": "http", "scheme": "basic"}},
        },
        "security": [{}, {"login": []}],
    }


def schemas() -> dict[str, Schema]:
    """Return what the JSON of pages holds, by the name of the page and of parts."""
    found: dict[str, Schema] = json.loads(_SCHEMAS)
    definitions: dict[str, Schema] = found["$defs"]
    return definitions


def name_of(path: str) -> str:
    """Return the name that the page at *path* has among the schemas."""
    return path.strip("/").replace("/", "_").replace(PLACE, "one") or "overview"


def address_of(path: str) -> str:
    """Return *path* as OpenAPI writes it."""
    return path.replace(PLACE, "{id}")


async def _reading(run: Run, route: "Route") -> dict[str, Any]:
    taken = await _taken(run, route)
    page = {"description": "The page.", "content": _contents(route)}
    responses: dict[str, Any] = {"200": page, **_errors(_ERRORS)}
    if route.path == "/calls/id":
        responses["302"] = _LEADS
    if route.path == "/health":  # what its 503 tells is told as its 200
        responses["503"] = page | {"description": "All is not well."}
    return {
        "operationId": f"get_{name_of(route.path).replace('.', '_')}",
        "summary": route.about,
        "parameters": [
            *_place(route),
            *(
                _format(route) if name == "format" else _parameter(route.path, name)
                for name in taken
            ),
        ],
        "responses": responses,
    }


def _place(route: "Route") -> list[dict[str, Any]]:
    """Return what the path of *route* leaves open."""
    if PLACE not in route.path:
        return []
    return [{"name": "id", "in": "path", "required": True, "schema": number(0, HIGHEST_CALL)}]


async def _file(run: Run, route: "Route", suffix: str) -> dict[str, Any]:
    """Return what is told of the file that *route* gives out under *suffix*."""
    taken = await _named_by(route.files[suffix](run, Query([(_UNKNOWN, "")], "0")))
    content = {FILE_TYPES[suffix]: {"schema": {"type": "string", "format": "binary"}}}
    return {
        "operationId": f"get_{name_of(route.path)}_{suffix}",
        "summary": f"{route.about}: as a file",
        "parameters": [
            *_place(route),
            *(_parameter(route.path, name) for name in taken if name not in EVERYWHERE),
        ],
        "responses": {"200": {"description": "The file.", "content": content}, **_errors(_ERRORS)},
    }


def _streaming(path: str, stream: "Stream") -> dict[str, Any]:
    """Return what is told of the stream at *path*."""
    last = {"type": "string", "pattern": f"^(?:{eventstream.ID})?$"}
    return {
        "operationId": f"get_{name_of(path)}",
        "summary": stream.about,
        "parameters": [
            *(_parameter(path, name) for name in eventstream.TAKEN),
            {
                "name": "Last-Event-ID",
                "in": "header",
                "description": "The id of the event that came last: the stream goes on behind it.",
                "schema": last,
            },
        ],
        "responses": {
            "200": {
                "description": "Events as they come, without an end.",
                "content": {"text/event-stream": {"schema": {"type": "string"}}},
            },
            **_errors(_ERRORS),
        },
    }


async def _posting(run: Run, route: "Route") -> dict[str, Any]:
    fields = await _fields(run, route)
    properties = {name: of_form(route.path, name) for name in fields}
    answered = f"{name_of(route.path)}{'_posted' if route.answer is not None else ''}"
    responses: dict[str, Any] = {
        "200": {"description": "What has become.", "content": _faces(answered, csv=False)}
    }
    if route.change is not None:
        responses["303"] = {
            "description": "Where a browser sees what has become.",
            "headers": {"Location": {"schema": {"type": "string"}}},
        }
    return {
        "operationId": f"post_{name_of(route.path)}",
        "summary": f"{route.about}: change it",
        "parameters": [_format(route)],
        "requestBody": {"content": {FORM: {"schema": {
            "type": "object", "properties": properties, "additionalProperties": False,
        }}}},
        "responses": responses | _errors(_ERRORS | _ERRORS_OF_FORMS),
    }  # fmt: skip


def _sending(route: "Route") -> dict[str, Any]:
    """Return what is told of the files that *route* takes."""
    file = {"type": "string", "format": "binary"}
    answered = {
        "description": "Where what was sent is seen.",
        "headers": {"Location": {"schema": {"type": "string"}}},
        "content": _faces(f"{name_of(route.path)}_posted", csv=False),
    }
    return {
        "operationId": f"post_{name_of(route.path)}",
        "summary": f"{route.about}: send it, or throw one away",
        "parameters": [
            *(_described(name, schema) for name, schema in OF_FILES.items()),
            _format(route),
        ],
        "requestBody": {"content": {
            FILE_FORM: {"schema": {"type": "object", "properties": {"file": file}}},
            "application/octet-stream": {"schema": file},
        }},
        "responses": {"303": answered, **_errors(_ERRORS | _ERRORS_OF_FORMS | _ERRORS_OF_FILES)},
    }  # fmt: skip


async def _taken(run: Run, route: "Route") -> tuple[str, ...]:
    """Return the parameters that *route* takes."""
    return await _named_by(route.show(run, Query([(_UNKNOWN, "")], "0")))


async def _named_by(page: Awaitable[object]) -> tuple[str, ...]:
    """Return the parameters that *page* names since it was asked for one that it does not take."""
    try:
        await page
    except UnknownParameterError as error:
        return error.known
    except RefusedError:  # what it is about is not there
        pass
    return EVERYWHERE


async def _fields(run: Run, route: "Route") -> tuple[str, ...]:
    """Return the fields of what is posted to *route*."""
    query = Query([(_UNKNOWN, "")])
    try:
        if route.answer is not None:
            await route.answer(run, query)
        elif route.change is not None:
            route.change(run, query)
    except UnknownParameterError as error:
        return tuple(name for name in error.known if name not in EVERYWHERE)
    return ()


def _format(route: "Route") -> dict[str, Any]:
    """Return the parameter that chooses the face of *route*."""
    if not route.faces:
        return _parameter(route.path, "format")
    faces = [str(face) for face in Face if face != Face.CSV or route.path in LISTS]
    schema = choice(faces)
    return {"name": "format", "in": "query", "description": "The face.", "schema": schema}


def _parameter(path: str, name: str) -> dict[str, Any]:
    return _described(name, of_address(path, name))


def _described(name: str, schema: Schema) -> dict[str, Any]:
    """Return a parameter that stands in the address."""
    plain = {key: value for key, value in schema.items() if key != "description"}
    about = schema.get("description", name)
    told = {"name": name, "in": "query", "description": about, "schema": plain}
    if plain.get("type") == "integer":  # forms send fields that nobody filled in
        told["allowEmptyValue"] = True
    return told


def _contents(route: "Route") -> dict[str, Any]:
    if route.path == metrics.PATH:
        return {
            content_type.partition("; charset")[0]: {"schema": {"type": "string"}}
            for content_type in metrics.CONTENT_TYPES.values()
        }
    if not route.faces:
        return {CONTENT_TYPES[Face.JSON]: {"schema": {"type": "object"}}}
    return _faces(name_of(route.path), csv=route.path in LISTS)


def _faces(name: str, *, csv: bool) -> dict[str, Any]:
    content: dict[str, Any] = {
        CONTENT_TYPES[Face.JSON]: {"schema": {"$ref": f"#/components/schemas/{name}"}}
    }
    for face in (Face.TEXT, Face.HTML, *([Face.CSV] if csv else [])):
        content[CONTENT_TYPES[face]] = {"schema": {"type": "string"}}
    return content


def _errors(texts: dict[str, str]) -> dict[str, Any]:
    return {status: {"$ref": f"#/components/responses/{status}"} for status in texts}


def _refused(text: str) -> dict[str, Any]:
    return {"description": text, "content": _faces("refusal", csv=False)}
