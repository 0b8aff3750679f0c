"""What outring knows, for other systems: records as files, events to a stream, calls as spans.

It reads the event log and the records, and hands them on in the forms that others publish. It
may use the events and what lies below. It knows neither HTTP clients of ours nor what a call
decides; what it does late or not at all delays no call.
"""
