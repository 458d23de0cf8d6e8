"""JSON is refused where a reader or PostgreSQL could not keep it, and nothing else is."""

import json
import time

import pytest
from fastapi.exceptions import RequestValidationError

from gateway.http.inputs.strict_json import MAX_DEPTH, strict_json

GOOD = [
    ("9223372036854775807", 2**63 - 1), ("-9223372036854775808", -(2**63)), ("1e308", 1e308), ("-0.0", -0.0),
    ('"9223372036854775808"', "9223372036854775808"), ('"\\"9223372036854775808"', '"9223372036854775808'),
    ("0.1234567890123456789012", 0.12345678901234568), ("1E0000000000000000000001", 10.0),
    ("1e-0000000000000000000001", 0.1),
    ('"\\\\u0000"', "\\u0000"), ('"\\ud83d\\ude00"', "😀"), ('{"a":1,"a":2}', {"a": 2}), ("\ufeff[1]", [1]),
    ("99999999999999999999.5", 1e20), ("12345678901234567890e2", 1.234567890123456789e21),
]  # fmt: skip
BAD = [
    "NaN", "Infinity", "-Infinity", "[NaN]", "1e999", "-1e999", "9223372036854775808", "-9223372036854775809",
    '{"x":[1,18446744073709551615]}', "100000000000000000000", '"\\u0000"', '"\\\\\\u0000"', '{"a\\u0000":1}',
    '"\\ud800"', '"\\udc00\\ud800"', "{", "", "[1,]", "'a'", '"\\ud83dx"', '["\\"", 9223372036854775808]',
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), GOOD)
def test_what_is_kept(text, value):
    found = strict_json(text.encode())
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("text", BAD)
def test_what_is_refused(text):
    with pytest.raises(RequestValidationError) as caught:
        strict_json(text.encode())
    assert caught.value.errors()[0]["loc"][0] == "body"


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_how_deep_it_may_be_nested(opening):
    closing = {"[": "]"}.get(opening, "}")
    inside = "[]"
    whole = opening * (MAX_DEPTH - 1) + inside + closing * (MAX_DEPTH - 1)
    assert strict_json(whole.encode()) == json.loads(whole)
    with pytest.raises(RequestValidationError):
        strict_json((opening + whole + closing).encode())


def test_hostile_text_costs_no_more_than_other_text():
    """A long string of escapes, a long run of digits, brackets inside strings."""
    texts = [b'"' + b"\\\\" * 2_000_000 + b'\\n"', b"[0." + b"1" * 4_000_000 + b"]", b'["' + b"[" * 4_000_000 + b'"]']
    began = time.process_time()
    for text in texts:
        strict_json(text)
    assert time.process_time() - began < 5
