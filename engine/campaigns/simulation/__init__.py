"""A campaign on made-up people and agents, in simulated time: what if, before the first call.

How many calls begin, when a contact is called again and when nobody may be called is decided
by the same rules as on real calls. It needs no database, no network and no clock, and the
same seed gives the same result.
"""
