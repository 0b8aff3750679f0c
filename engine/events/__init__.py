"""The event log: what became of each call, request and application, in numbered events.

It numbers events and hands them to whoever writes them, in one transaction with the records;
and it reads them back, for whoever asks or follows. It may use the store and what lies
below. It knows neither what a call decides nor HTTP.
"""
