"""Call records: written in batches, or ahead of an INVITE; shown as JSON; and searched.

It may use the store. Of a call it must know nothing but its record.
"""
