"""What counts as one mail address."""

import pytest

from kit.mail_address import is_mail_address

GOOD = ["a@b.example", "first.last+tag@sub.map-tools.example", "o'neil@map.example", "x@xn--bcher-kva.example"]
BAD = {
    "nothing": "", "no domain": "a", "no local part": "@b.example", "a list": "a@b.example,c@d.example",
    "a list with a space": "a@b.example, c@d.example", "semicolons": "a@b.example;c@d.example",
    "two at signs": "a@b@c.example", "a name": "A <a@b.example>", "brackets": "<a@b.example>",
    "a comment": "a(c@d.example)@b.example", "a group": "all:a@b.example,c@d.example;",
    "a header": "a@b.example\r\nBcc: c@d.example", "a line break": "a@b.example\n", "a space": "a b@c.example",
    "a tab": "a@b.example\t", "NUL": "a\0@b.example", "quotes": '"a,c@d.example"@b.example',
    "route": "@d.example:a@b.example",
    "a host": "a@localhost", "an address of the network": "a@[127.0.0.1]", "numbers": "a@127.0.0.1",
    "dots": "a..b@c.example", "dot at the end": "a.@c.example", "label": "a@-b.example", "empty label": "a@b..example",
    "wide": "a@b.example、c@d.example", "full width": "a＠b.example", "umlaut": "ä@b.example",
    "long": f"{'a' * 65}@b.example", "longer": f"a@{'b' * 63}.{'c' * 63}.{'d' * 63}.{'e' * 63}.example",
}  # fmt: skip


@pytest.mark.parametrize("text", GOOD)
def test_one_address_is_one(text):
    assert is_mail_address(text)


@pytest.mark.parametrize("text", BAD.values(), ids=BAD.keys())
def test_anything_else_is_none(text):
    assert not is_mail_address(text)
