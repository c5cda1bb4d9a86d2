"""The live pull: what QuickBooks Online and NetSuite hold is asked for over their interfaces and lands as files.

What lands is what the adapters in `sources` read anyway. Not here: what the files mean, and whether their rows enter.
"""
