"""Faces at the hub: who took which number, whether they hold one already, and what the officers see of it.

``captures`` (sent by a kiosk, no ticket yet, in memory) → ``guard`` (compared with those of the day) → ``album``
(sealed on the disk, until the night) → ``edge.hub.web.faces`` (an officer's look, which is audited).
"""
