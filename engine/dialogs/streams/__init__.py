"""What joins a call to a WebSocket: when it is opened, begun and given up, and for whom.

``stream_plan`` decides and is pure; ``runner`` carries it out as a dialog of CCXML.
"""
