"""XML for documents: parsed with limits, mistakes with line and column, attribute values.

Shared by CCXML and VoiceXML. It may know the form of elements, but not their meaning.
"""
