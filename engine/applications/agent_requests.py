"""AgentRequests: has a session's calls of a campaign given to agents who report themselves."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import structlog

from ccxml import commands as c
from engine.calls.call_session import CallSession
from engine.model.campaign import AgentState, AttemptOutcome, CampaignCall
from engine.store import StoreError

from .session_context import SessionContext

AGENT = "agent"
"""The target type of messages that this carries out."""
RESERVED, NONE_FREE = "agent.reserved", "agent.none"

log = structlog.get_logger()


class AgentRequests:
    """Carries out messages of the target type ``agent`` to a connection of a campaign.

    ``reserve`` asks for a free agent; the document gets ``agent.reserved`` with ``agent`` and
    ``endpoint``, or ``agent.none``. It says what has become of that: ``bridged``, the agent has
    the call; ``missed``, the agent did not answer, and counts as away; ``unused``, the
    agent was not called, and is free; ``abandoned``, there was none in time, which is the
    outcome of the attempt. Who was bridged is free again once the attempt has ended.
    """

    def __init__(self, session: SessionContext) -> None:
        self._session = session
        self._turn = asyncio.Lock()  # what the document says is written in its order

    def deliver(self, message: c.Delivery) -> None:
        """Carry out a message that the document has sent."""
        order = self._orders.get(message.name or "")
        connection = self._session.connections.find(message.target)
        call = connection.call if connection is not None else None
        campaign = call.order.request.campaign if call is not None else None
        if call is None or campaign is None or order is None:
            names = ", ".join(self._orders)
            why = f"an agent takes {names}, for a connection that a campaign has placed"
            self._session.emit_unsent(message, "error.send.failed", why)
            return
        self._session.emit_sent(message)
        self._session.services.tasks.start(self._in_turn(order(call, campaign)))

    @property
    def _orders(
        self,
    ) -> Mapping[str, Callable[[CallSession, CampaignCall], Coroutine[Any, Any, None]]]:
        return {
            "reserve": self._reserve,
            "bridged": self._note_bridged,
            "missed": self._note_missed,
            "unused": self._note_unused,
            "abandoned": self._note_abandoned,
        }

    async def _in_turn(self, order: Coroutine[Any, Any, None]) -> None:
        async with self._turn:
            try:
                await order
            except StoreError as error:
                uuid = self._session.launch.application_uuid
                log.warning("agent_unknown", applicationUUID=uuid, reason=str(error))
                self._session.emit(NONE_FREE)

    async def _reserve(self, call: CallSession, campaign: CampaignCall) -> None:
        agents, uuid = self._session.services.agents, call.application_uuid
        entry = await agents.reserve(campaign.campaign, uuid, time.time())
        if entry is None:
            self._session.emit(NONE_FREE)
        elif self._session.has_ended:  # meanwhile: nobody else would free the agent
            await agents.release(campaign.campaign, uuid, time.time())
        else:
            self._session.emit(RESERVED, agent=entry.id, endpoint=entry.endpoint or "")

    async def _note_bridged(self, call: CallSession, _campaign: CampaignCall) -> None:
        await self._session.services.agents.note_bridged(
            call.application_uuid, time.time()
        )

    async def _note_missed(self, call: CallSession, campaign: CampaignCall) -> None:
        await self._session.services.agents.release(
            campaign.campaign, call.application_uuid, time.time(), AgentState.AWAY
        )

    async def _note_unused(self, call: CallSession, campaign: CampaignCall) -> None:
        await self._session.services.agents.release(
            campaign.campaign, call.application_uuid, time.time()
        )

    async def _note_abandoned(self, call: CallSession, _campaign: CampaignCall) -> None:
        findings = call.findings
        if findings.campaign_outcome is None:  # who has opted out says so for good
            findings.campaign_outcome = AttemptOutcome.ABANDONED
