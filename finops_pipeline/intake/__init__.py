"""One night's intake: what landed becomes canonical rows in the lake, or quarantine with a reason.

Sources say what columns mean, storage reads and writes, contracts say what is right; this room decides what enters.
"""
