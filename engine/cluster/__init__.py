"""Many processes as one platform, on Redis: who holds which slots, and which nodes live."""

from engine.cluster.connection import Connection, open_connection
from engine.cluster.figures import pack_totals
from engine.cluster.ledger import RedisLedger
from engine.cluster.lookup import LookupHandlers, RemoteLookup
from engine.cluster.member import Member
from engine.cluster.orphans import Orphans
from engine.cluster.registry import NameTakenError, Node, Registry
from engine.cluster.remote import RemoteNode
from engine.cluster.worker import Worker

__all__ = [
    "Connection",
    "LookupHandlers",
    "Member",
    "NameTakenError",
    "Node",
    "Orphans",
    "RedisLedger",
    "Registry",
    "RemoteLookup",
    "RemoteNode",
    "Worker",
    "open_connection",
    "pack_totals",
]
