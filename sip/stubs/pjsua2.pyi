"""The part of pjsua2 that outring uses, and what native/outring.hpp adds to it."""

from collections.abc import Sequence

PJSIP_TRANSPORT_UDP: int
PJSIP_TRANSPORT_UDP6: int
PJSIP_TRANSPORT_TCP: int
PJSIP_TRANSPORT_TCP6: int
PJSIP_TRANSPORT_TLS: int
PJSIP_TRANSPORT_TLS6: int
PJSUA_DESTROY_NO_NETWORK: int
PJMEDIA_SRTP_OPTIONAL: int
PJMEDIA_SRTP_MANDATORY: int
PJSUA_IPV6_DISABLED: int
PJSUA_IPV6_ENABLED_USE_IPV6_ONLY: int

class Error(Exception):
    status: int
    title: str
    reason: str
    def __init__(
        self, status: int, title: str, reason: str, file: str, line: int
    ) -> None: ...

class IntVector:
    def __init__(self, values: Sequence[int]) -> None: ...

class StringVector:
    def __init__(self, texts: list[str] = ...) -> None: ...
    def append(self, text: str) -> None: ...

class UaConfig:
    maxCalls: int
    threadCnt: int
    mainThreadOnly: bool
    userAgent: str

class MediaConfig:
    maxMediaPorts: int
    clockRate: int
    sndClockRate: int
    ecTailLen: int
    noVad: bool
    sndAutoCloseTime: int

class LogConfig:
    level: int
    consoleLevel: int
    msgLogging: int

class EpConfig:
    uaConfig: UaConfig
    medConfig: MediaConfig
    logConfig: LogConfig

class TlsConfig:
    certFile: str
    privKeyFile: str
    CaListFile: str
    verifyServer: bool

class TransportConfig:
    port: int
    portRange: int
    boundAddress: str
    publicAddress: str
    tlsConfig: TlsConfig

class TransportInfo:
    localName: str

class CodecInfo:
    codecId: str

class AudDevManager:
    def setNullDev(self) -> None: ...

class Endpoint:
    def libCreate(self) -> None: ...
    def libInit(self, config: EpConfig) -> None: ...
    def libStart(self) -> None: ...
    def libDestroy(self, flags: int = ...) -> None: ...
    def transportCreate(self, kind: int, config: TransportConfig) -> int: ...
    def transportGetInfo(self, transport_id: int) -> TransportInfo: ...
    def audDevManager(self) -> AudDevManager: ...
    def codecEnum2(self) -> list[CodecInfo]: ...
    def codecSetPriority(self, codec_id: str, priority: int) -> None: ...

class AuthCredInfo:
    def __init__(
        self, scheme: str, realm: str, username: str, data_type: int, data: str
    ) -> None: ...

class _Credentials:
    def append(self, credential: AuthCredInfo) -> None: ...

class AccountRegConfig:
    registerOnAdd: bool

class AccountSipConfig:
    transportId: int
    contactForced: str
    proxies: StringVector
    authCreds: _Credentials

class AccountNatConfig:
    contactRewriteUse: int
    viaRewriteUse: int
    sdpNatRewriteUse: int
    sipOutboundUse: int
    udpKaIntervalSec: int

class AccountMediaConfig:
    transportConfig: TransportConfig
    lockCodecEnabled: bool
    srtpUse: int
    srtpSecureSignaling: int
    ipv6Use: int

class AccountCallConfig:
    prackUse: int

class AccountConfig:
    idUri: str
    regConfig: AccountRegConfig
    sipConfig: AccountSipConfig
    natConfig: AccountNatConfig
    mediaConfig: AccountMediaConfig
    callConfig: AccountCallConfig

class AccountShutdownParam:
    force: bool

class Account:
    def create(self, config: AccountConfig) -> None: ...
    def shutdown2(self, parameters: AccountShutdownParam) -> None: ...

class CallSetting:
    audioCount: int
    videoCount: int
    textCount: int
    customCallId: str

class SipHeader:
    hName: str
    hValue: str

class _Headers:
    def append(self, header: SipHeader) -> None: ...

class SipTxOption:
    localUri: str
    headers: _Headers

class CallOpParam:
    opt: CallSetting
    txOption: SipTxOption
    def __init__(self, useDefaultCallSetting: bool = ...) -> None: ...

class Call:
    def hangup(self, parameters: CallOpParam) -> None: ...

class OutringListener: ...

class OutringToneListener(OutringListener):
    def __init__(self, leg: str) -> None: ...

class OutringCallProgress(OutringListener):
    def __init__(
        self, leg: str, mode: int, threshold: float, modulation: float
    ) -> None: ...

class OutringSounds:
    def addClip(self, path: str) -> None: ...
    def addTone(
        self, frequency: int, another: int, on_ms: int, off_ms: int, count: int
    ) -> None: ...
    def addSilence(self, milliseconds: int) -> None: ...

class OutringCall(Call):
    def __init__(self, account: Account, leg: str) -> None: ...
    def addHeader(self, method: str, name: str, value: str) -> None: ...
    def connectTo(self, listener: OutringCall) -> None: ...
    def disconnectFrom(self, listener: OutringCall) -> None: ...
    def play(self, number: int, sounds: OutringSounds, stops_on: str) -> None: ...
    def record(
        self,
        number: int,
        path: str,
        is_of_both: bool,
        max_ms: int,
        start_ms: int,
        silence_ms: int,
        stops_on: str,
        beep: OutringSounds,
    ) -> None: ...
    def stop(self, number: int) -> None: ...
    def stopHearing(self) -> None: ...
    def canSpeak(self) -> bool: ...
    def sendEvent(self, digit: str, on_ms: int) -> bool: ...
    def sendInfo(self, digit: str, on_ms: int) -> None: ...
    def connectListener(self, listener: OutringListener) -> None: ...
    def hearInbandDigits(self, is_always: bool) -> None: ...
    def refer(self, to: str, option: SipTxOption) -> None: ...
    def forgetRefer(self) -> None: ...
    def refresh(self) -> None: ...
    def replacement(self) -> str: ...

class OutringInvites:
    def add(
        self,
        call: OutringCall,
        uri: str,
        parameters: CallOpParam,
        addresses: StringVector,
        tries: int,
    ) -> None: ...
    def failed(self) -> int: ...
    def failure(self, number: int) -> str: ...

def outring_send_and_poll(
    invites: OutringInvites, wait_ms: int, turn_ms: int
) -> None: ...
def outring_prepare() -> None: ...
def outring_start() -> None: ...
def outring_verify_with_wildcards() -> None: ...
def outring_stop() -> None: ...
def outring_wake_fd() -> int: ...
def outring_resolved(number: int, addresses: StringVector) -> None: ...
def outring_ping(
    number: int,
    transport_id: int,
    target: str,
    from_: str,
    option: SipTxOption,
    addresses: StringVector,
) -> None: ...
def outring_cancel_ping(number: int) -> None: ...
def outring_drain() -> list[tuple[int, float, str, int, int, str, bytes]]: ...
def outring_sound_intervals(
    samples: bytes, mode: int, threshold: float, modulation: float
) -> list[tuple[int, int]]: ...
def outring_tone_intervals(samples: bytes) -> list[tuple[int, int, int]]: ...
def outring_inband_digits(samples: bytes) -> str: ...
def outring_new_digits(digits: str, paths: str, times_ms: IntVector) -> str: ...
def outring_read_sdp(
    text: str, codecs: StringVector, family: int, is_offer: bool
) -> tuple[str, str]: ...
def outring_info_digit(body: str) -> str: ...
def outring_count_unframed(data: str) -> int: ...
def outring_find_silent(limit_s: float) -> None: ...
def outring_repair(message: bytes, is_datagram: bool) -> tuple[int, bytes, str]: ...
def outring_malformed(outcome: int) -> int: ...
def outring_ladder(call_id: str) -> str: ...
def outring_ladders() -> int: ...
def outring_export(fd: int, agent: int, key: str) -> None: ...
def outring_exported() -> int: ...
def outring_not_exported() -> int: ...
def outring_dropped() -> int: ...
def outring_ports() -> int: ...
def outring_request_policy() -> list[tuple[int, str, str, int]]: ...
def outring_refused_requests() -> list[tuple[str, int, int]]: ...
def outring_dialogs() -> int: ...
def outring_transactions() -> int: ...
def outring_max_calls() -> int: ...
