"""VoiceXML on a real call: the interpreter's commands carried out, and their results told.

It may use the interpreter, prompts, fetching and recordings. It must never know whether a
CCXML document or the call itself has started it.
"""
