"""URI references in documents."""

from urllib.parse import urljoin


def join_uri(base: str, uri: str) -> str:
    """Resolve *uri* against *base*. What is malformed stays as it is: it cannot be fetched."""
    if uri.startswith(("http://", "https://")):
        return uri
    try:
        return urljoin(base, uri)
    except ValueError:
        return uri
