"""The user agent on PJSIP. Nothing else imports pjsua2.

A thread of its own polls PJSIP; orders come to it as functions, what happens goes back as
events. It may use SIP's rules. It must never know what a call is for.
"""
