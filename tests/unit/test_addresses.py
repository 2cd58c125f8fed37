"""This machine's addresses, as the kernel lists them in /proc."""

import ipaddress

from hypothesis import given
from hypothesis import strategies as st

from edge.daemon.addresses import ipv4, ipv6, own_hosts

# A Raspberry Pi with eth0 at 192.168.1.5/24, read from /proc/net/fib_trie.
FIB_TRIE = """\
Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 127.0.0.0/8 2 0 2
        +-- 127.0.0.0/31 1 0 0
           |-- 127.0.0.0
              /8 host LOCAL
           |-- 127.0.0.1
              /32 host LOCAL
     +-- 192.168.1.0/24 2 0 2
        |-- 192.168.1.0
           /24 link UNICAST
        |-- 192.168.1.5
           /32 host LOCAL
        |-- 192.168.1.255
           /32 link BROADCAST
"""
IF_INET6 = """\
00000000000000000000000000000001 01 80 10 80       lo
fd000000000000000000000000000005 02 40 00 80     eth0
fe80000000000000ba27ebfffe000001 02 40 20 80     eth0
"""


def test_loopback_links_and_broadcasts_are_no_addresses_for_others() -> None:
    assert ipv4(FIB_TRIE) == ("192.168.1.5",)
    assert ipv6(IF_INET6) == ("fd00::5",)


def test_this_machine_has_a_name() -> None:
    assert own_hosts()


@given(st.text(max_size=200))
def test_whatever_stands_there_addresses_come_out(text: str) -> None:
    for found in (*ipv4(text), *ipv4(f"|-- {text}\n/32 host LOCAL"), *ipv6(text)):
        ipaddress.ip_address(found)
