"""VoiceXML on calls."""
