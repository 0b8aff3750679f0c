"""Whether and when a call may begin: slots, rates, the choice of a proxy, pings, overload.

It may use the platform's objects and what is counted. It must never know a call's course:
it is asked before the call, and told of its end.
"""
