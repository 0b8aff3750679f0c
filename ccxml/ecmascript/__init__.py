"""ECMAScript for documents: the engine with its guards, and values in both languages.

Shared by CCXML and VoiceXML. It may know neither's elements.
"""
