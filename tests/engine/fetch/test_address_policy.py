"""Where nothing is fetched from."""

import pytest

from engine.fetch.address_policy import is_address_allowed, is_host_allowed

NEVER = [
    "169.254.169.254",
    "169.254.0.1",
    "fe80::1",
    "fe80::1%lo",
    "fd00:ec2::254",
    "fd20:ce::254",
    "100.100.100.200",
    "168.63.129.16",
    "224.0.0.1",
    "ff02::1",
    "0.0.0.0",
    "0.1.2.3",
    "::",
    "255.255.255.255",
    "240.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:a9fe:a9fe",
    "::ffff:0.0.0.0",
    "::169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
]
NO_ADDRESS = ["2852039166", "0251.0376.0251.0376", "0xa9.254.169.254", "127.1", "a", ""]
PRIVATE = ["127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1"]
PRIVATE += ["::1", "fd00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"]
PUBLIC = ["8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::808:808"]


@pytest.mark.parametrize("address", NEVER)
def test_this_link_and_metadata(address: str) -> None:
    assert not is_address_allowed(address, allow_private=True, allow_link_local=False)
    assert is_address_allowed(address, allow_private=True, allow_link_local=True)


@pytest.mark.parametrize("address", NO_ADDRESS)
def test_other_spellings(address: str) -> None:
    assert not is_address_allowed(address, allow_private=True, allow_link_local=True)


@pytest.mark.parametrize("address", PRIVATE)
def test_private(address: str) -> None:
    assert is_address_allowed(address, allow_private=True, allow_link_local=False)
    assert not is_address_allowed(address, allow_private=False, allow_link_local=True)


@pytest.mark.parametrize("address", PUBLIC)
def test_public(address: str) -> None:
    assert is_address_allowed(address, allow_private=False, allow_link_local=False)


@pytest.mark.parametrize(
    ("host", "patterns", "expected"),
    [
        ("a.example.com", ["*"], True),
        ("a.example.com", ["a.example.com"], True),
        ("A.Example.Com.", ["a.example.com"], True),
        ("a.example.com", ["*.example.com"], True),
        ("b.a.example.com", ["*.example.com"], True),
        ("example.com", ["*.example.com"], False),
        ("badexample.com", ["*.example.com"], False),
        ("a.example.com.evil.net", ["*.example.com", "a.example.com"], False),
        ("::1", ["::1"], True),
        ("a.example.com", [], False),
    ],
)
def test_hosts(host: str, patterns: list[str], expected: bool) -> None:
    assert is_host_allowed(host, patterns) is expected
