"""VoiceXML on a real call: carries out the interpreter's commands and returns their results.

It may use the interpreter, prompts, fetching and recordings. It must never know whether a
CCXML document or the call itself has started it.
"""
