"""The errors of ``sip``.

SipError
├── AgentConfigurationError   the user agent cannot start as configured
├── InvalidUriError           not a SIP URI, or one that cannot be dialled
├── InvalidHeaderError        a header that must not or cannot be sent
├── NoListenerError           nothing that it listens on leads to the target
└── TooManyCallsError         this process carries as many calls as it was built for
"""


class SipError(Exception):
    """The user agent could not do what it was asked. The text is one sentence that says why."""


class AgentConfigurationError(SipError):
    """The user agent cannot start as configured."""


class InvalidUriError(SipError):
    """The text is not a SIP URI that can be called."""


class InvalidHeaderError(SipError):
    """The header must not or cannot be sent."""


class NoListenerError(SipError):
    """Nothing that the user agent listens on leads to the target.

    ``reason`` says so in a few words; the text names the setting to be changed.
    """

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


class TooManyCallsError(SipError):
    """This process already carries as many calls as it was built or configured for."""
