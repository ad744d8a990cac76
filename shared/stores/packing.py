"""Texts as bytes, a fifth as long: deflated with a preset dictionary of what such texts say.

    id of the words (6 bytes) │ raw deflate (RFC 1951) after what stands beside the text, and after the words

A record is too short for deflate to find much in it that comes twice: most of it says what every record says, or what
stands elsewhere in it. Whoever unpacks needs the very same words, so their id, the first bytes of their SHA-256, stands
before the text.
"""

import zlib
from hashlib import sha256

_ID = 6
"""Bytes of an id: among a million dictionaries, two alike are as likely as one in five hundred."""
_LEVEL, _MEMORY, _LARGEST_WINDOW = 6, 5, 15
"""zlib's: how hard it tries, a hash table of 8 KB, as texts are short, and 32 KB, beyond which it finds nothing."""


class UnreadableRecordError(ValueError):
    """A record holds what cannot be unpacked: says which, and what is missing."""


class Dictionary:
    """Words that texts are likely to have, the likeliest last."""

    def __init__(self, words: bytes) -> None:
        self.words = words
        self.id = sha256(words).digest()[:_ID]

    def pack(self, text: str, beside: str = "") -> bytes:
        """The text as bytes; what stands `beside` it is needed to unpack it."""
        known = beside.encode() + self.words
        # It has to reach from a text's end back to the words for its beginning; a small one is quickly made.
        window = min(_LARGEST_WINDOW, (2 * len(known) + 1024).bit_length())
        deflating = zlib.compressobj(_LEVEL, zlib.DEFLATED, -window, _MEMORY, zdict=known)
        return b"".join((self.id, deflating.compress(text.encode()), deflating.flush()))

    def unpack(self, packed: bytes, beside: str = "") -> str:
        """What `pack` was given; raises `UnreadableRecordError` for what it has not made."""
        inflating = zlib.decompressobj(-_LARGEST_WINDOW, zdict=beside.encode() + self.words)
        try:
            text = inflating.decompress(packed[_ID:]).decode()
        except (zlib.error, UnicodeDecodeError) as error:
            raise UnreadableRecordError(f"it was not packed by Sluice ({error})") from None
        if words_id(packed) != self.id or not inflating.eof or inflating.unused_data:
            raise UnreadableRecordError("it was not packed by Sluice, or has lost a part")
        return text


def words_id(packed: bytes) -> bytes:
    """The id of the words that something was packed with."""
    return packed[:_ID]
