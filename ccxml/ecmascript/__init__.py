"""ECMAScript for documents: the engine, its guards, and values as both languages see them.

What CCXML and VoiceXML share. It may know neither's elements.
"""
