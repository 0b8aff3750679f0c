"""What is counted: metrics in the format of Prometheus, and totals for the live page.

Everything above may count here. It must never ask anybody: what is true at a moment is
given to it as numbers.
"""
