"""VoiceXML as it runs: form interpretation, control flow, input, prompts, scopes, events.

Pure: time is an argument, and what has to be done outside is handed out as commands. It
may use documents and grammars; it must never know a call or a socket.
"""
