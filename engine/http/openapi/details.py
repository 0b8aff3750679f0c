"""What makes the description readable: a text, examples, and samples in curl and Python."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from engine.http.basichttp_event import FORM

from .operation_texts import describe_operation

Item = dict[str, Any]

_JSON = "application/json"
LINES = "application/x-ndjson"
_URL = "http://127.0.0.1:9698"
_EXAMPLES: Item = json.loads(Path(__file__).with_name("examples.json").read_text())
RESULT_EXAMPLES: dict[str, Item] = _EXAMPLES["results"]
"""An answer for each result, by its text."""
SCHEMA_EXAMPLES: dict[str, Any] = _EXAMPLES["schemas"]
"""A value for each schema that bodies refer to, by its name."""
_PATH_VALUES = {
    "applicationUUID": "f3f155cd-1c82-4bb4-b070-9a3e02ee31fa",
    "name": "swagger-ui.css",
    "key": "c-1001",
    "list": "own",
    "number": "+4930123456",
    "AccountSid": "AC822b33ad87c148a0a20a5ba7cd5ebcaa",
    "CallSid": "CAf3f155cd1c824bb4b0709a3e02ee31fa",
}
_IDENTITIES = {
    "accounts": "acme",
    "apps": "reminders",
    "keys": "b273eb9a5e4c",
    "rules": ".*0900.*",
    "proxies": "east",
    "groups": "carriers",
    "headers": "identity",
    "credentials": "example.com",
    "webhooks": "crm",
    "campaigns": "spring",
    "caller-ids": "berlin",
    "window-rules": "us",
    "agents": "ada",
    "nodes": "node-1",
    "recordings": "0a5d1c3e-6a51-4c39-8d43-6b3f1a0f1f5c",
}
_MEMBERS = {
    "application": "reminders",
    "draining": "node-1",
    "position": 4711,
    "reason": "maintenance",
}
_QUERIES = {
    "getOutbound": {"action": "makeCall", "to": "sip:alice@192.0.2.10"},
    "getEvent": {
        "sessionId": SCHEMA_EXAMPLES["SendBody"]["sessionId"],
        "name": "site.alarm",
        "site.code": "7",
    },
}


def add_details(paths: dict[str, Item]) -> dict[str, Item]:
    """Add text, examples and samples to each operation of *paths*, which are returned."""
    for path, item in paths.items():
        for method, operation in item.items():
            operation["description"] = describe_operation(operation["operationId"])
            for response in operation["responses"].values():
                _add_example(response)
            if "requestBody" in operation:
                _add_body_example(operation["requestBody"])
            operation["x-codeSamples"] = _write_samples(method, path, operation)
    return paths


def _add_example(response: Item) -> None:
    media = response.get("content", {}).get(_JSON)
    if media is None or "example" in media or "examples" in media:
        return
    if media["schema"].get("$ref", "").endswith("/Problem"):
        media["example"] = {"detail": response["description"]}
    elif (example := make_example(media["schema"])) is not None:
        media["example"] = example


def _add_body_example(body: Item) -> None:
    content = body["content"]
    media = content.get(_JSON) or content.get(FORM)
    if media is not None:  # lines have an example of their own
        media["example"] = make_example(media["schema"])


def make_example(schema: Item) -> Any:
    """Return a value of *schema*; None where it is of no schema that has one."""
    if "$ref" in schema:
        return SCHEMA_EXAMPLES.get(schema["$ref"].rpartition("/")[2])
    if "properties" in schema:
        needed = schema.get("required") or schema["oneOf"][0]["required"]
        return {
            name: _MEMBERS.get(name, make_example(schema["properties"][name]))
            for name in needed
        }
    if "anyOf" in schema:
        return make_example(schema["anyOf"][0])
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "array":
        return [make_example(schema["items"])]
    return None


# -- samples -------------------------------------------------------------------------


def _write_samples(method: str, path: str, operation: Item) -> list[Item]:
    url = _URL + _fill_path(path) + _write_query(operation)
    headers = _choose_headers(operation)
    content = operation.get("requestBody", {}).get("content", {})
    media = content.get(_JSON) or content.get(LINES) or {}
    body = media.get("example")  # lines are a text
    form = content.get(FORM, {}).get("example") if body is None else None
    request = method.upper(), url, headers, body, form
    return [
        {"lang": "Shell", "label": "curl", "source": _write_curl(*request)},
        {"lang": "Python", "label": "requests", "source": _write_python(*request)},
    ]


def _fill_path(path: str) -> str:
    kind = path.partition("/{id}")[0].rpartition("/")[2]
    values = {**_PATH_VALUES, "id": _IDENTITIES.get(kind, "")}
    if "/campaigns/" in path:
        values["name"] = _IDENTITIES["campaigns"]
    for name, value in values.items():
        path = path.replace(f"{{{name}}}", quote(value, safe=""))
    return path


def _write_query(operation: Item) -> str:
    query = _QUERIES.get(operation["operationId"])
    return f"?{urlencode(query)}" if query else ""


def _choose_headers(operation: Item) -> dict[str, str]:
    schemes = [name for option in operation["security"] for name in option]
    if "apiKey" in schemes:
        return {"X-API-Key": "$OUTRING_API_KEY"}
    if "adminToken" in schemes:
        return {"Authorization": "Bearer $OUTRING_ADMIN_TOKEN"}
    if "basic" in schemes:
        return {"Authorization": "Basic $OUTRING_BASIC"}
    return {}


def _write_curl(
    method: str, url: str, headers: dict[str, str], body: Any, form: Any
) -> str:
    parts = [f'curl -s "{url}"']
    if method != "GET" and (method != "POST" or (body is None and form is None)):
        parts[0] = f'curl -s -X {method} "{url}"'
    parts += [f'-H "{name}: {value}"' for name, value in headers.items()]
    if isinstance(body, str):
        parts.append(f"--data-binary '{body}'")
    elif body is not None:
        parts.append(f"-d '{json.dumps(body)}'")
    if form is not None:
        parts.append(f"-d '{urlencode(form)}'")
    return " \\\n  ".join(parts)


def _write_python(
    method: str, url: str, headers: dict[str, str], body: Any, form: Any
) -> str:
    arguments = [f'"{method}"', f'"{url}"']
    if headers:
        ((name, value),) = headers.items()
        before, _, variable = value.partition("$")
        arguments.append(f'headers={{"{name}": "{before}" + os.environ["{variable}"]}}')
    if body is not None:
        name = "data" if isinstance(body, str) else "json"
        arguments.append(f"{name}={body!r}")
    if form is not None:
        arguments.append(f"data={form!r}")
    lines = ["import os", "import requests"] if headers else ["import requests"]
    call = ",\n    ".join(arguments)
    return "\n".join([*lines, "", f"answer = requests.request(\n    {call},\n)"])
