"""Call records: written in batches or ahead of an INVITE, viewed, and searched.

It may use the store. It must never know what a call is but for its record.
"""
