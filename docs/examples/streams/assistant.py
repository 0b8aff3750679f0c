"""An assistant that speaks by espeak-ng and understands by PocketSphinx, on this machine alone.

It asks a question, understands "yes" and "no", says goodbye, and hangs up.

python3 assistant.py PORT; it needs espeak-ng, and aiohttp, numpy, pocketsphinx and soxr.
"""

import asyncio
import io
import json
import sys
import tempfile
import wave
from base64 import b64decode, b64encode

import numpy as np
import soxr
from aiohttp import web
from pocketsphinx import Decoder, Endpointer

CALL_HZ, MODEL_HZ = 8_000, 16_000
QUESTION = "Shall we call you again? Yes or no?"
ANSWERS = {"yes": "We will. Goodbye.", "no": "We will not. Goodbye."}
GRAMMAR = "#JSGF V1.0; grammar answers; public <answer> = yes | no;"

Samples = np.ndarray


def from_ulaw(data: bytes) -> Samples:
    """The samples that bytes of G.711 stand for."""
    byte = ~np.frombuffer(data, np.uint8)
    size = (((byte & 0x0F).astype(np.int16) << 3) + 0x84) << (byte >> 4 & 7)
    return np.where(byte & 0x80, 0x84 - size, size - 0x84).astype(np.int16)


def to_ulaw(samples: Samples) -> bytes:
    """The bytes of G.711 whose values are nearest."""
    values = from_ulaw(bytes(range(256))).astype(np.int32)
    order = np.argsort(values)
    middles = (values[order][1:] + values[order][:-1]) / 2
    return order[np.searchsorted(middles, samples)].astype(np.uint8).tobytes()


async def speak(text: str) -> bytes:
    """What espeak-ng makes of *text*, as µ-law of 8 kHz."""
    process = await asyncio.create_subprocess_exec(
        "espeak-ng", "--stdout", text, stdout=asyncio.subprocess.PIPE
    )
    made, _ = await process.communicate()
    with wave.open(io.BytesIO(made)) as file:
        # It writes into a pipe, and cannot know how long the file will be.
        samples = np.frombuffer(file.readframes(len(made) // 2), np.int16)
        return to_ulaw(soxr.resample(samples, file.getframerate(), CALL_HZ))


class Ear:
    """Finds where an answer begins and ends, and what it is."""

    def __init__(self) -> None:
        with tempfile.NamedTemporaryFile("w", suffix=".jsgf") as file:
            file.write(GRAMMAR)
            file.flush()
            self._decoder = Decoder(jsgf=file.name, lm=None, loglevel="FATAL")
        self._resampler = soxr.ResampleStream(CALL_HZ, MODEL_HZ, 1, dtype="int16")
        self._endpointer = Endpointer(sample_rate=MODEL_HZ)
        self._waiting = b""
        self._is_hearing = False

    def hear(self, sound: bytes) -> str | None:
        """Take µ-law; return an answer once one is over, empty if it was not understood."""
        samples = self._resampler.resample_chunk(from_ulaw(sound))
        self._waiting += samples.tobytes()
        size = self._endpointer.frame_bytes
        while len(self._waiting) >= size:
            frame, self._waiting = self._waiting[:size], self._waiting[size:]
            answer = self._take(frame)
            if answer is not None:
                return answer
        return None

    def _take(self, frame: bytes) -> str | None:
        speech = self._endpointer.process(frame)
        if speech is None:
            return None
        if not self._is_hearing:
            self._is_hearing = True
            self._decoder.start_utt()
        self._decoder.process_raw(speech)
        if self._endpointer.in_speech:
            return None
        self._is_hearing = False
        self._decoder.end_utt()
        best = self._decoder.hyp()
        return best.hypstr if best else ""


class Conversation:
    """One call."""

    def __init__(self, websocket: web.WebSocketResponse) -> None:
        self._websocket = websocket
        self._ear = Ear()
        self._stream_sid = ""
        self._listens = False

    async def take(self, message: dict) -> None:
        """Take a message of the call."""
        match message["event"]:
            case "start":
                self._stream_sid = message["streamSid"]
                await self._say(QUESTION, "asked")
            case "mark" if message["mark"]["name"] == "asked":
                self._listens = True
            case "mark":
                await self._websocket.close()  # which hangs up
            case "media" if self._listens:
                answer = self._ear.hear(b64decode(message["media"]["payload"]))
                if answer is not None:
                    await self._reply(answer)

    async def _reply(self, answer: str) -> None:
        print("understood:", answer or "nothing", flush=True)
        self._listens = False
        if answer in ANSWERS:
            await self._say(ANSWERS[answer], "goodbye")
        else:
            await self._say(QUESTION, "asked")

    async def _say(self, text: str, mark: str) -> None:
        payload = b64encode(await speak(text)).decode()
        await self._send("media", {"payload": payload})
        await self._send("mark", {"name": mark})

    async def _send(self, event: str, member: dict) -> None:
        await self._websocket.send_json(
            {"event": event, "streamSid": self._stream_sid, event: member}
        )


async def talk(request: web.Request) -> web.WebSocketResponse:
    websocket = web.WebSocketResponse()
    await websocket.prepare(request)
    conversation = Conversation(websocket)
    async for text in websocket:
        await conversation.take(json.loads(text.data))
    return websocket


application = web.Application()
application.router.add_get("/out", talk)
web.run_app(application, host="127.0.0.1", port=int(sys.argv[1]), print=None)
