"""outring, an outbound dialer with an HTTP API.

All of its packages lie in this folder, so that no other distribution's package called
``engine`` or ``sip`` can take their place. The command ``outring`` finds them here.
"""
