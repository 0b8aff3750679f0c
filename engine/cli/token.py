"""``outring token``: makes a token for the admin API."""

import secrets

from .terminal import Json, make_fields_table, out, print_json, print_table


def token(as_json: Json = False) -> None:
    """Make a token for the admin API: shown this once, its hash is for outring.toml."""
    from engine.platform.objects import digest_of

    secret = secrets.token_urlsafe(32)
    digest = digest_of(secret)
    if as_json:
        print_json({"token": secret, "token_sha256": digest})
        return
    print_table(make_fields_table([("token", secret)]))
    out.print("\nIn outring.toml (or as OUTRING_ADMIN_TOKEN_SHA256):\n")
    out.print(
        f'[admin]\ntoken_sha256 = "{digest}"',
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
