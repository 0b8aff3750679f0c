"""Many processes as one platform over Redis: leases, registry, RPC, dispatch of orders.

The scripts that Redis runs stand in ``lua/``. It may use the dialer and what is below it.
It is imported only where there are many processes, since the client of Redis takes memory;
no room but ``app`` may know it.
"""

from engine.cluster.member import Member
from engine.cluster.orphans import Orphans

from .node_registry import NameTakenError, NodeInfo, ProcessFacts, Registry
from .order_handlers import OrderHandlers
from .platform_statistics import facts_of
from .redis_connection import RedisConnection, open_connection
from .redis_ledger import RedisLedger
from .remote_executor import RemoteExecutor
from .remote_lookup import LookupHandlers, RemoteLookup

__all__ = [
    "LookupHandlers",
    "Member",
    "NameTakenError",
    "NodeInfo",
    "OrderHandlers",
    "Orphans",
    "ProcessFacts",
    "RedisConnection",
    "RedisLedger",
    "Registry",
    "RemoteExecutor",
    "RemoteLookup",
    "facts_of",
    "open_connection",
]
