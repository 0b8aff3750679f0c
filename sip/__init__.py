"""SIP through pjsua2: places calls and reports their outcome. Knows no HTTP and no CCXML."""
