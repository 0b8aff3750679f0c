"""The endpoint of PJSIP: how large it is, and which codecs it offers."""

import resource
from collections.abc import Sequence

import pjsua2 as pj

from sip.agent import AgentConfig
from sip.errors import AgentConfigurationError

MAX_MEDIA_PORTS = 6144
"""``PJSUA_MAX_CONF_PORTS`` of ``sip/build/config_site.h``."""


def prepare_endpoint() -> pj.Endpoint:
    """Return the endpoint, of which there can be only one; it has not been created yet."""
    _raise_file_limit()
    pj.outring_prepare()
    return pj.Endpoint()


def _raise_file_limit() -> None:
    """Allow as many descriptors as the system permits, because every call takes two sockets."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def make_endpoint_config(config: AgentConfig) -> pj.EpConfig:
    """Return PJSIP's own settings for *config*."""
    endpoint = pj.EpConfig()
    # PJSIP reserves memory for each. A call that we have given up may live on there.
    spare = config.max_calls // 8 + 16
    endpoint.uaConfig.maxCalls = min(config.max_calls + spare, pj.outring_max_calls())
    endpoint.uaConfig.threadCnt = 0  # we poll
    endpoint.uaConfig.mainThreadOnly = False
    endpoint.uaConfig.userAgent = config.user_agent
    media = endpoint.medConfig
    # A call, its voice and an ear on it have one each, its recording two, with room for all
    # others.
    ports = 5 * endpoint.uaConfig.maxCalls + 16
    media.maxMediaPorts = min(ports, MAX_MEDIA_PORTS)
    media.clockRate = media.sndClockRate = 8000  # else every call pays for a resampler
    media.ecTailLen = 0
    media.noVad = True
    # Else the clock of the bridge stops after a second without a call, and may do so
    # under calls that have begun meanwhile.
    media.sndAutoCloseTime = -1
    endpoint.logConfig.level = endpoint.logConfig.consoleLevel = 0
    endpoint.logConfig.msgLogging = 0
    return endpoint


def prefer_codecs(endpoint: pj.Endpoint, codecs: Sequence[str]) -> None:
    """Offer *codecs*, in their order, and no others; raises AgentConfigurationError."""
    preferred = [codec.lower() for codec in codecs]
    known = set()
    for info in endpoint.codecEnum2():
        name = info.codecId.partition("/")[0].lower()
        known.add(name)
        rank = 255 - preferred.index(name) if name in preferred else 0
        endpoint.codecSetPriority(info.codecId, rank)
    if missing := [codec for codec in codecs if codec.lower() not in known]:
        raise AgentConfigurationError(
            f"This build has no codec {missing[0]}; it has {', '.join(sorted(known))}."
        )
