"""Where a program listens; nothing but loopback without TLS."""

import errno
import ipaddress
import socket

from edge.daemon.config import ConfigError, Listen

BACKLOG = 1024


def open_socket(listen: Listen) -> socket.socket:
    """A bound and listening socket for this address.

    Raises ConfigError where the address is not loopback and has no certificate, where a certificate comes without
    its key, or where the port is taken.
    """
    host, _, port = listen.address.rpartition(":")
    host = host.strip("[]")
    if (listen.certificate is None) != (listen.key is None):
        raise ConfigError(f"listen {listen.address}: certificate and key go together; one of them is missing")
    if listen.certificate is None and not _is_loopback(host):
        raise ConfigError(f"listen {listen.address}: only a loopback address may be served without a certificate")
    for path in (listen.certificate, listen.key):
        if path is not None and not path.is_file():
            raise ConfigError(f"listen {listen.address}: {path} is missing; provision the site again")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # IPPROTO_TCP named: asyncio sets TCP_NODELAY only where it is, and without it every answer waits 40 ms
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, int(port)))
        sock.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        sock.close()
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            why = "another program uses this port; stop it, or choose another port"
        else:
            why = f"cannot be bound ({error})"
        raise ConfigError(f"listen {listen.address}: {why}") from error
    return sock


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
