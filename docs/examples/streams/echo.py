"""An echo: whoever answers hears themselves, and ends the call by pressing #.

python3 echo.py PORT; it needs aiohttp.
"""

import json
import sys

from aiohttp import web


async def talk(request: web.Request) -> web.WebSocketResponse:
    websocket = web.WebSocketResponse()
    await websocket.prepare(request)
    async for text in websocket:
        message = json.loads(text.data)
        match message["event"]:
            case "start":
                print(message["start"]["customParameters"], flush=True)
            case "media":
                sound = {"payload": message["media"]["payload"]}
                sid = message["streamSid"]
                await websocket.send_json(
                    {"event": "media", "streamSid": sid, "media": sound}
                )
            case "dtmf" if message["dtmf"]["digit"] == "#":
                await websocket.close()  # which hangs up
    return websocket


application = web.Application()
application.router.add_get("/out", talk)
web.run_app(application, host="127.0.0.1", port=int(sys.argv[1]), print=None)
