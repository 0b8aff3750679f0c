"""How many calls of a campaign may begin now: pure rules, which get time as an argument.

They know the agents and the calls as numbers, and what was learnt of the calls before; never
a contact, a number or a database. Whoever places the calls asks once a second or so.
"""
