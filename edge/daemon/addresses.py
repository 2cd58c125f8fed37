"""The names and addresses of this machine, as another machine would write them."""

import ipaddress
import socket
from pathlib import Path


def own_hosts(net: Path = Path("/proc/self/net")) -> tuple[str, ...]:
    """The machine's name, the same under ``.local``, and its addresses but those of loopback and of one link only.

    Read from proc(5), which a program that may not ask the kernel by netlink can read too.
    """
    name = socket.gethostname().partition(".")[0].lower()
    names = [name, f"{name}.local"] if name and name != "localhost" else []
    return (*names, *ipv4(_text(net / "fib_trie")), *ipv6(_text(net / "if_inet6")))


def ipv4(fib_trie: str) -> tuple[str, ...]:
    """The local addresses in a routing trie: each stands in the line before ``/32 host LOCAL``."""
    found: dict[str, None] = {}
    address = ""
    for line in fib_trie.splitlines():
        if "|-- " in line:
            address = line.partition("|-- ")[2].strip()
        elif "/32 host LOCAL" in line and _wanted(address):
            found[address] = None
    return tuple(found)


def ipv6(if_inet6: str) -> tuple[str, ...]:
    """The addresses in if_inet6: 32 hex digits each, without colons."""
    found: dict[str, None] = {}
    for line in if_inet6.splitlines():
        digits = line.partition(" ")[0]
        try:
            address = str(ipaddress.IPv6Address(int(digits, 16)))
        except ValueError:
            continue
        if len(digits) == 32 and _wanted(address):
            found[address] = None
    return tuple(found)


def _wanted(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return not (found.is_loopback or found.is_link_local or found.is_unspecified or found.is_multicast)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
