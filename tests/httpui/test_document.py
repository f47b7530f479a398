"""A document is what it was made of."""

import asyncio

from sipcm.httpui.document import Document


def test_pieces_are_joined():
    async def made():
        yield b"a"
        yield b"b"

    async def talk(document):
        return b"".join([piece async for piece in document.pieces])

    assert asyncio.run(talk(Document("text/plain", made()))) == b"ab"
