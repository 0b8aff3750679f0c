"""VoiceXML documents as they are parsed: elements, attributes, executable content, prompts.

Pure. It may use what both languages share; it must never know how a document runs.
"""
