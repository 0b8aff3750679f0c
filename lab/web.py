"""The lab's web server: documents, menus, and the reports that applications send.

    web.py --port 8080 FOLDER...

``GET /name.ccxml``, ``.vxml`` and ``.json`` give what the first folder has that has it, ``POST
/reports`` takes a form as ``send`` by basichttp makes it, and ``GET /reports``
shows the last ones as JSON, newest first. Python's library is all it needs.
"""

import argparse
import json
from collections import deque
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

KEPT = 1000
MAX_BYTES = 65_536
TYPES = {
    ".ccxml": "application/ccxml+xml",
    ".json": "application/x-outring-menu+json",
    ".vxml": "application/voicexml+xml",
}

Report = dict[str, str]


class Handler(BaseHTTPRequestHandler):
    """One request."""

    def __init__(
        self,
        *request: object,
        folders: tuple[Path, ...],
        reports: deque[Report],
    ) -> None:
        self._folders = folders
        self._reports = reports
        super().__init__(*request)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """A document or menu, or what was reported."""
        name = urlsplit(self.path).path.removeprefix("/")
        if name == "reports":
            text = json.dumps(list(self._reports), indent=2)
            self._answer(text.encode(), "application/json")
        elif path := self._file(name):
            self._answer(path.read_bytes(), TYPES[path.suffix])
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        """Take a report."""
        size = int(self.headers.get("Content-Length", 0))
        if urlsplit(self.path).path != "/reports":
            self.send_error(HTTPStatus.NOT_FOUND)
        elif size > MAX_BYTES:
            self.send_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        else:
            fields = dict(parse_qsl(self.rfile.read(size).decode(errors="replace")))
            self._reports.appendleft({"at": datetime.now(UTC).isoformat(), **fields})
            self._answer(b"taken\n", "text/plain")

    def _file(self, name: str) -> Path | None:
        """The file *name*; nothing outside of the folders is looked for."""
        for folder in self._folders:
            for path in folder.iterdir():
                if path.name == name and path.suffix in TYPES:
                    return path
        return None

    def _answer(self, content: bytes, media_type: str) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("folders", nargs="+", type=Path)
    given = parser.parse_args()
    handler = partial(Handler, folders=tuple(given.folders), reports=deque(maxlen=KEPT))
    with ThreadingHTTPServer((given.host, given.port), handler) as server:
        host, port = server.server_address[:2]
        print(f"serves at http://{host!s}:{port}", flush=True)  # noqa: T201
        server.serve_forever()


if __name__ == "__main__":
    main()
