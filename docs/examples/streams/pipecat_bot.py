"""A pipecat pipeline on a call, by its TwilioFrameSerializer as it is: an echo.

A pipeline for a language model has its services where this one has the echo. The serializer
hangs up by outring's API if OUTRING_URL is given, with the account's auth token in
OUTRING_AUTH_TOKEN; otherwise by closing the WebSocket.

python3 pipecat_bot.py PORT; it needs pipecat-ai[websocket] and uvicorn.
"""

import json
import os
import sys

import uvicorn
from fastapi import FastAPI, WebSocket
from pipecat.frames.frames import (
    EndWorkerFrame,
    Frame,
    InputAudioRawFrame,
    InputDTMFFrame,
    OutputAudioRawFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.serializers.twilio import TwilioFrameSerializer
from pipecat.transports.websocket.fastapi import (
    FastAPIWebsocketParams,
    FastAPIWebsocketTransport,
)
from pipecat.workers.runner import WorkerRunner

URL, TOKEN = os.environ.get("OUTRING_URL"), os.environ.get("OUTRING_AUTH_TOKEN")

app = FastAPI()


class Echo(FrameProcessor):
    """Says what it hears; a key ends the call."""

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        match frame:
            case InputAudioRawFrame():
                heard = (frame.audio, frame.sample_rate, frame.num_channels)
                await self.push_frame(OutputAudioRawFrame(*heard))
            case InputDTMFFrame():
                await self.push_frame(EndWorkerFrame())
            case _:
                await self.push_frame(frame, direction)


@app.websocket("/out")
async def talk(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.receive_text()  # connected
    start = json.loads(await websocket.receive_text())["start"]
    print(start["customParameters"], flush=True)
    serializer = TwilioFrameSerializer(
        stream_sid=start["streamSid"],
        call_sid=start["callSid"],
        account_sid=start["accountSid"],
        auth_token=TOKEN,
        base_url=URL,
        params=TwilioFrameSerializer.InputParams(auto_hang_up=URL is not None),
    )
    transport = FastAPIWebsocketTransport(
        websocket,
        FastAPIWebsocketParams(
            serializer=serializer,
            audio_in_enabled=True,
            audio_out_enabled=True,
            audio_out_end_silence_secs=0,
        ),
    )
    pipeline = Pipeline([transport.input(), Echo(), transport.output()])
    rate = PipelineParams(audio_in_sample_rate=8000, audio_out_sample_rate=8000)
    worker = PipelineWorker(pipeline, params=rate)

    @transport.event_handler("on_client_disconnected")
    async def hang_up(*_: object) -> None:
        await worker.cancel()

    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    await runner.run()


uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
