"""XML documents read with limits, their mistakes with line and column, attribute values.

What CCXML and VoiceXML share. It may use no element's meaning, only the form.
"""
