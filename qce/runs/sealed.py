"""A JSON file with its own checksum.

Its last line but one is the SHA-256 of all the lines before, which `head -n -2 FILE | sha256sum`
computes as well. It detects decay and accidents, but not deliberate changes.
"""

import hashlib
import re

_LAST = re.compile(rb'  "sha256": "([0-9a-f]{64})"\n}\n')


def sealed(text: str) -> str:
    r"""Add the checksum to a JSON object that is written over several lines.

    >>> print(sealed('{\n  "seed": 0\n}\n'), end="")
    {
      "seed": 0,
      "sha256": "0052f08f914e4726d8ec8026a6cfa64a1e68d076aa4dce0a7fe487d501f0ee2c"
    }
    """
    lines = text.removesuffix("\n}\n") + ",\n"
    return f'{lines}  "sha256": "{hashlib.sha256(lines.encode()).hexdigest()}"\n}}\n'


def is_intact(content: bytes) -> bool:
    r"""Whether a file that was written with its own checksum is unchanged.

    >>> whole = sealed('{\n  "seed": 0\n}\n').encode()
    >>> is_intact(whole), is_intact(whole.replace(b"0,", b"1,"))
    (True, False)
    """
    lines, key, rest = content.rpartition(b'  "sha256": "')
    last = _LAST.fullmatch(key + rest)
    return last is not None and hashlib.sha256(lines).hexdigest().encode() == last[1]
