"""What is counted: metrics in the format of Prometheus, and totals for the live page.

Every room above may count here. It must never ask anybody: figures of the current
moment are passed to it as numbers.
"""
