"""VoiceXML documents as applications of their own: a call is their only connection.

It may use what CCXML sessions use, and the VoiceXML runner of the dialogs.
"""
