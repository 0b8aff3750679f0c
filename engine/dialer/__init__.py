"""A request from its check to its answer: order, idempotency, execution, look-up, reply.

It may use calls, applications, admission, records and the store. It must never know HTTP:
whoever has a request, from wherever, gives it here as fields and gets a reply.
"""
