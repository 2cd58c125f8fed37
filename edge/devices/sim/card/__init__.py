"""A complete chip card, made in software: the far end of a card reader's wire.

A second implementation, written from the standards alone: it shares no code with the reader (a contract of
import-linter), so that two mistakes of one author cannot agree with one another unseen.
"""
