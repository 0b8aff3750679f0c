"""The elements that a transition may contain, one module for each chapter of CCXML 1.0.

An executor is a function that takes the context of the execution and the element: it
evaluates the attributes, checks them against what the session has, and leaves commands
and events in the context. ``ccxml/execution.py`` has the table of them and calls them.
"""
