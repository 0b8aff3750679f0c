"""The user agent on PJSIP. Nothing else imports pjsua2.

A thread of its own polls PJSIP. It is given functions as jobs, and reports events. It
may use SIP's rules. It must never know what a call is for.
"""
