"""W3C VoiceXML 2.1 for dialogs by DTMF. Knows no socket, clock, thread, SIP or HTTP."""
