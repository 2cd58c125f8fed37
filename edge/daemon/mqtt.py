"""The MQTT 5 link between a site and the cloud: TLS with a certificate at both ends, and small messages at once."""

import contextlib
import socket
import ssl

import paho.mqtt.client as mqtt

from edge.daemon.config import Broker, ConfigError


def secure(client: mqtt.Client, broker: Broker) -> None:
    """Let this client speak TLS to this broker, each proving itself to the other; a certificate that was renewed is
    shown from the next connection on.

    Raises ConfigError where a certificate or the key is missing or cannot be used.
    """
    for key in ("ca", "certificate", "key"):
        path = getattr(broker, key)
        if not path.is_file():
            raise ConfigError(f"broker.{key}: {path} is missing; provision the broker again")
    try:
        context = ssl.create_default_context(cafile=str(broker.ca))
        context.load_cert_chain(broker.certificate, broker.key)
    except OSError as error:  # an SSLError is one
        raise ConfigError(f"broker: this program's certificate, its key or the CA cannot be used ({error})") from error
    client.tls_set_context(context)

    def on_pre_connect(_client: mqtt.Client, _data: object) -> None:
        with contextlib.suppress(OSError):  # the pair is being written: with the one before
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(broker.certificate, broker.key)
            context.load_cert_chain(broker.certificate, broker.key)

    client.on_pre_connect = on_pre_connect
    client.on_socket_open = _on_socket_open


def _on_socket_open(_client: mqtt.Client, _data: object, sock: object) -> None:
    """Without this each small answer waits 40 ms for the TCP acknowledgement of the one before (RFC 896)."""
    if isinstance(sock, socket.socket):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
