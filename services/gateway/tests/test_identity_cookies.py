"""Cookies are read before it is known who sends them."""

import pytest

from gateway.identity.provider import MAX_COOKIE_LENGTH, MAX_COOKIES, cookie

MANY = [f"c{number}=v" for number in range(2000)]


@pytest.mark.parametrize(
    ("sent", "value"),
    [
        ("hanko=a.b.c", "a.b.c"), ("a=b; hanko=a.b.c; c=d", "a.b.c"), ('hanko="a.b.c"', "a.b.c"), ("a=b", None),
        ("", None),
        ("odd[name]=1; hanko=a.b.c", "a.b.c"), ("; ".join([*MANY[: MAX_COOKIES - 1], "hanko=a"]), "a"),
        ("; ".join([*MANY, "hanko=a"]), None), ("hanko=a; " + "x" * MAX_COOKIE_LENGTH, None),
        ("hanko=a" + ";" * 5000, None),
    ],
)  # fmt: skip
def test_cookie_of_a_bounded_header(sent, value):
    assert cookie({"cookie": sent}, "hanko") == value
