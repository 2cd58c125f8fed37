"""Tell systemd, or whoever stands in its place, how the program is (sd_notify(3))."""

import os
import socket


def notify(state: str) -> None:
    """Send one state line such as ``READY=1`` or ``STATUS=…``; does nothing where nobody asked for it.

    Source: sd_notify(3): a datagram to the socket named by NOTIFY_SOCKET; a leading ``@`` means an abstract one.
    """
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.connect(address)
        sock.sendall(state.encode())
