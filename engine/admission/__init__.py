"""Whether and when a call may begin: slots, rates, the choice of a proxy, pings, overload.

What is admitted stands here, too: an order, with the moment at which it was received.
It may use the platform's objects and what is counted. It must never know what happens
within a call: it is asked before the call is placed, and its slots are released after it.
"""
