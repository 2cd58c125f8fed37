"""The rules of the queue, pure: what may happen to a ticket, who is next, when a business day begins."""
