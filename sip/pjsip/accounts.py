"""Accounts of PJSIP: what calls have in common, as transport, route, credentials and media.

PJSIP keeps that for each account and not for each call. An account is made by the first
call that needs it, and serves all that need the same.
"""

from collections import OrderedDict
from collections.abc import Iterable
from contextlib import suppress

import pjsua2 as pj

from sip.agent import AgentConfig, Invite, Srtp
from sip.uri import SipUri

from .errors import make_error
from .transports import BoundTransport

MAX_ACCOUNTS = 500  # below PJSUA_MAX_ACC of the build

_SRTP = {
    Srtp.OPTIONAL: pj.PJMEDIA_SRTP_OPTIONAL,
    Srtp.MANDATORY: pj.PJMEDIA_SRTP_MANDATORY,
}


class Accounts:
    """The accounts of calls, at most *limit*; those used least recently make room."""

    def __init__(self, config: AgentConfig) -> None:
        self.limit = MAX_ACCOUNTS
        self._config = config
        self._accounts: OrderedDict[tuple[object, ...], pj.Account] = OrderedDict()

    def __len__(self) -> int:
        return len(self._accounts)

    def account_for(
        self,
        bound: BoundTransport,
        media_address: str,
        invite: Invite,
        pending: Iterable[pj.Account],
    ) -> pj.Account:
        """Return the account that *invite* can use; raises pj.Error if there is no room.

        *pending* are the accounts of INVITEs of which PJSIP does not know yet: they stay.
        """
        key = (
            bound.transport_id,
            media_address,
            invite.route,
            invite.credentials,
            invite.srtp,
            invite.needs_sips_contact,
        )
        account = self._accounts.get(key)
        if account is not None:
            self._accounts.move_to_end(key)
            return account
        if len(self._accounts) >= self.limit:
            self._evict(pending)
        account = pj.Account()
        account.create(self._make_config(bound, media_address, invite))
        self._accounts[key] = account
        return account

    def clear(self) -> None:
        """Forget all accounts, because PJSIP ends."""
        self._accounts.clear()

    def _evict(self, pending: Iterable[pj.Account]) -> None:
        """Delete the least recently used account that has no call, live or pending."""
        in_use = set(map(id, pending))
        unless_busy = pj.AccountShutdownParam()
        for key, account in self._accounts.items():
            if id(account) in in_use:
                continue
            with suppress(pj.Error):  # PJSIP still has a call of it
                account.shutdown2(unless_busy)
                del self._accounts[key]
                return
        raise make_error("Too many different routes in use")

    def _make_config(
        self, bound: BoundTransport, media_address: str, invite: Invite
    ) -> pj.AccountConfig:
        config = self._config
        account = pj.AccountConfig()
        ours = SipUri.build(config.caller_id, config.public_address or media_address)
        account.idUri = f"<{ours}>"
        account.regConfig.registerOnAdd = False
        account.sipConfig.transportId = bound.transport_id
        # Said here, since PJSIP would take the transport from the Request-URI.
        contact = bound.contact(ours, as_sips=invite.needs_sips_contact)
        account.sipConfig.contactForced = f"<{contact}>"
        for hop in invite.route:
            account.sipConfig.proxies.append(f"<{hop.with_parameter('lr')}>")
        for credential in invite.credentials:
            account.sipConfig.authCreds.append(
                pj.AuthCredInfo(
                    "digest",
                    credential.realm,
                    credential.username,
                    int(credential.is_ha1),
                    credential.password,
                )
            )
        nat = account.natConfig
        nat.contactRewriteUse = nat.viaRewriteUse = nat.sdpNatRewriteUse = 0
        nat.sipOutboundUse = nat.udpKaIntervalSec = 0
        self._set_media(account.mediaConfig, media_address, invite.srtp)
        return account

    def _set_media(
        self, media: pj.AccountMediaConfig, media_address: str, srtp: Srtp
    ) -> None:
        config = self._config
        media.transportConfig.port = config.rtp_port_min
        media.transportConfig.portRange = config.rtp_port_max - config.rtp_port_min
        media.transportConfig.boundAddress = media_address
        media.transportConfig.publicAddress = config.public_address or media_address
        media.lockCodecEnabled = False
        if srtp is not Srtp.OFF:
            media.srtpUse = _SRTP[srtp]
            media.srtpSecureSignaling = 0
        # Said for both families: otherwise PJSIP asks the system's resolver for the
        # address of this host at every call, for seconds where no name server answers.
        media.ipv6Use = (
            pj.PJSUA_IPV6_ENABLED_USE_IPV6_ONLY
            if ":" in media_address
            else pj.PJSUA_IPV6_DISABLED
        )
