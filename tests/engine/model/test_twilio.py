"""The ids and the signature of Twilio's protocols."""

from engine.model.ids import new_id
from engine.model.twilio import account_sid, call_id_of, call_sid, sign_url


def test_a_sid_has_two_letters_and_32_digits() -> None:
    assert account_sid("acme") == account_sid("acme") != account_sid("small")
    assert len(account_sid("ä" * 64)) == 34
    assert call_sid("f3f155cd-1c82-4bb4-b070-9a3e02ee31fa") == (
        "CAf3f155cd1c824bb4b0709a3e02ee31fa"
    )


def test_a_call_is_found_by_its_sid() -> None:
    call_id = new_id()

    assert call_id_of(call_sid(call_id)) == call_id
    assert call_id_of("CA123") is None
    assert call_id_of("AC" + "0" * 32) is None


def test_the_signature_is_the_hmac_of_the_url() -> None:
    # By: printf %s URL | openssl dgst -sha1 -hmac TOKEN -binary | base64
    url, token = "wss://bots.example/out?a=1", "0123456789abcdef"

    assert sign_url(url, token) == "hRIzdTxj52HOmib3vf7zP4oUYr4="
