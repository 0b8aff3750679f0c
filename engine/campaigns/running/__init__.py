"""Running campaigns: attempts are reserved, placed, and settled by the records of their calls.

One process at a time holds the lease of a campaign and sets its pace; any process settles.
It may use the rules of campaigns, the store and the dialer, and must never decide by itself
whom to call.
"""
