"""Secure messaging: commands and answers encrypted, and each bound by a MAC to its place in the session."""

from edge.contracts.reading import ReadingFault
from edge.emrtd.apdu import EXTENDED, SHORT, Command, Response
from edge.emrtd.cipher import AUTHENTICATION, ENCRYPTION, MAC_SIZE, Cipher
from edge.emrtd.errors import CardError, TlvError
from edge.emrtd.tlv import read_all, write

_SECURED = 0x0C  # of the class byte: secure messaging, header authenticated
_PLAIN_IN_TLV, _CRYPTOGRAM, _LENGTH, _STATUS, _MAC = 0x85, 0x87, 0x97, 0x99, 0x8E
_PADDED = b"\x01"
_MAC_OBJECT = bytes((_MAC, MAC_SIZE))


class SecureChannel:
    """A session with a chip. Commands and answers alternate; the first answer that is not as it must be ends it.

    ``ssc`` is the send sequence counter as the key agreement left it: zeros where it is not given.
    Source: ICAO Doc 9303-11, 9.8.
    """

    def __init__(self, cipher: Cipher, k_enc: bytes, k_mac: bytes, ssc: bytes = b"") -> None:
        self._cipher = cipher
        self._k_enc = k_enc
        self._k_mac = k_mac
        self._ssc = int.from_bytes(ssc)
        self._awaits_answer = False
        self._lost = False

    @classmethod
    def of_secret(cls, cipher: Cipher, secret: bytes, ssc: bytes = b"") -> "SecureChannel":
        """The channel whose keys are derived from this secret. Source: ICAO Doc 9303-11, 9.7.1 and 9.7.4."""
        k_enc, k_mac = (cipher.derive_key(secret, counter) for counter in (ENCRYPTION, AUTHENTICATION))
        return cls(cipher, k_enc, k_mac, ssc)

    def protect(self, command: Command) -> Command:
        """The command as the chip expects it in this session: data encrypted, all of it under a MAC.

        Extended where the command is, or becomes too long for a short one. Raises CardError (INTEGRITY_LOST) where the
        session has ended, ValueError before the last answer has come.
        """
        if self._lost:
            raise _lost("the session has ended")
        if self._awaits_answer:
            raise ValueError("the last command is not yet answered")
        self._awaits_answer = True
        counter = self._count()
        header = bytes((command.cla | _SECURED, command.ins, command.p1, command.p2))
        objects = b""
        if command.data:
            encrypted = self._cipher.encrypt(self._k_enc, self._cipher.pad(command.data), self._iv(counter))
            odd = command.ins & 1
            objects += write(_PLAIN_IN_TLV, encrypted) if odd else write(_CRYPTOGRAM, _PADDED + encrypted)
        if command.ne:
            long = command.ne > SHORT
            objects += write(_LENGTH, (command.ne % (EXTENDED if long else SHORT)).to_bytes(2 if long else 1))
        mac = self._cipher.mac(self._k_mac, self._authenticated(counter, self._cipher.pad(header) + objects))
        data = objects + write(_MAC, mac)
        short = len(data) <= 0xFF and command.ne <= SHORT
        return Command(header[0], command.ins, command.p1, command.p2, data, SHORT if short else EXTENDED)

    def unprotect(self, response: Response) -> Response:
        """What the chip answered, once it is certain that it did, and to this command.

        Raises CardError (INTEGRITY_LOST), and ends the session, on anything else: a MAC that is wrong, missing or cut,
        a status that is not the authenticated one, data objects in another order, more of them or fewer, wrong padding,
        and a bare status word, with which a chip says that the session is over (6987, 6988, 6700, …).
        """
        if self._lost or not self._awaits_answer:
            self._lost = True
            raise _lost("an answer that nothing was asked for")
        self._awaits_answer = False
        self._lost = True  # unless all that follows is right
        counter = self._count()
        if not response.data:
            raise _lost(f"an unprotected answer, {response.sw:04X}")
        end = len(response.data) - len(_MAC_OBJECT) - MAC_SIZE
        objects, mac_object = response.data[: max(end, 0)], response.data[max(end, 0) :]
        if not mac_object.startswith(_MAC_OBJECT):
            raise _lost("no MAC")
        authenticated = self._authenticated(counter, objects)
        if not self._cipher.confirms(self._k_mac, authenticated, mac_object[len(_MAC_OBJECT) :]):
            raise _lost("a wrong MAC")
        plain = self._open(objects, counter, response.sw)
        self._lost = False
        return plain

    def max_payload(self, ne_total: int) -> int:
        """The most bytes of plain data that fit an answer of ``ne_total`` bytes, its status word aside.

        >>> channel = SecureChannel(Cipher.AES128, bytes(16), bytes(16))
        >>> channel.max_payload(256), channel.max_payload(2048)
        (223, 2015)
        """
        status_and_mac = len(write(_STATUS, bytes(2))) + len(_MAC_OBJECT) + MAC_SIZE
        blocks = (ne_total - status_and_mac) // self._cipher.block_size
        while len(write(_CRYPTOGRAM, _PADDED + bytes(blocks * self._cipher.block_size))) + status_and_mac > ne_total:
            blocks -= 1
        return blocks * self._cipher.block_size - 1  # at least one byte of padding

    def _open(self, objects: bytes, counter: bytes, sw: int) -> Response:
        try:
            found = read_all(objects)
        except TlvError as error:
            raise _lost("no data objects") from error
        tags = [each.tag for each in found]
        if tags not in ([_STATUS], [_CRYPTOGRAM, _STATUS], [_PLAIN_IN_TLV, _STATUS]):
            raise _lost("other data objects than belong")
        if found[-1].value != sw.to_bytes(2):
            raise _lost("another status than the authenticated one")
        if len(found) == 1:
            return Response(b"", sw)
        encrypted = found[0].value
        if found[0].tag == _CRYPTOGRAM:
            if not encrypted.startswith(_PADDED):
                raise _lost("padding of another kind")
            encrypted = encrypted[1:]
        try:
            return Response(self._cipher.unpad(self._cipher.decrypt(self._k_enc, encrypted, self._iv(counter))), sw)
        except ValueError as error:
            raise _lost("no whole blocks, or no padding") from error

    def _count(self) -> bytes:
        """The counter, one further, in the cipher's block size."""
        self._ssc = (self._ssc + 1) % (1 << 8 * self._cipher.block_size)
        return self._ssc.to_bytes(self._cipher.block_size)

    def _iv(self, counter: bytes) -> bytes:
        return b"" if self._cipher is Cipher.DES3 else self._cipher.encrypt(self._k_enc, counter)

    def _authenticated(self, counter: bytes, objects: bytes) -> bytes:
        """What the MAC is over. The retail MAC pads by itself; for CMAC the standard pads it all the same."""
        message = counter + objects
        return message if self._cipher is Cipher.DES3 else self._cipher.pad(message)

    def __repr__(self) -> str:
        return f"SecureChannel({self._cipher.name})"


def _lost(what: str) -> CardError:
    return CardError(ReadingFault.INTEGRITY_LOST, f"secure messaging: {what}")
