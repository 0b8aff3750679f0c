"""The provisioned objects as values: accounts, applications, trunks, number rules.

Pure: it reads nothing, waits for nothing, and a snapshot never changes. It may use the
model and SIP's rules alone.
"""
