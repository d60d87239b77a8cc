"""Text folding that keeps every offset: one code point in, one code point out.

Portals print the same sign full width in one paragraph and half width in the next. All patterns and cue words of
the project are written half width and are matched against `half(text)`; spans found there are valid in the text.
"""

from __future__ import annotations

_HALF = {0xFF01 + i: 0x21 + i for i in range(94)}
_HALF |= {
    0x3000: 0x20,
    0xA0: 0x20,
    0x2002: 0x20,
    0x2003: 0x20,
    0x2009: 0x20,
    0x3014: 0x5B,
    0x3015: 0x5D,
    0xFF61: 0x3002,
}


def half(text: str) -> str:
    """`text` with full-width signs, digits and spaces folded to ASCII; length and offsets unchanged."""
    return text.translate(_HALF)
