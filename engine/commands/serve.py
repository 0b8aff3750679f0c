"""``outring serve``."""

import gc

import uvloop

from engine.app import serve as serve_forever
from engine.log import configure_log
from engine.settings import load_settings

from .terminal import Config, mistakes_told


def serve(config: Config = None) -> None:
    """Serve the HTTP API and place calls, in the foreground.

    SIGTERM or Ctrl-C takes no new requests and lets calls end; a second one hangs up.
    """
    with mistakes_told():
        settings = load_settings(config)
        configure_log(settings.log)
        _collect_less()
        uvloop.run(serve_forever(settings))


def _collect_less() -> None:
    """Spare calls the pauses of the garbage collector.

    What was imported stays for good and is not looked at again; what calls
    leave behind is freed without it, but for a few cycles.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
