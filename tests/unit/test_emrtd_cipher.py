"""Ciphers, MACs and key derivation, with published values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.emrtd.cipher import AUTHENTICATION, ENCRYPTION, PASSWORD, Cipher

each_cipher = pytest.mark.parametrize("cipher", Cipher)
MRZ_SECRET = bytes.fromhex("7E2D2A41C74EA0B38CD36F863939BFA8E9032AAD")  # 9303-11, G


@pytest.mark.parametrize(
    ("cipher", "secret", "counter", "key"),
    [
        # 9303-11, D.2, D.3 and G.1.
        (Cipher.DES3, "239AB9CB282DAF66231DC5A4DF6BFBAE", ENCRYPTION, "AB94FDECF2674FDFB9B391F85D7F76F2"),
        (Cipher.DES3, "239AB9CB282DAF66231DC5A4DF6BFBAE", AUTHENTICATION, "7962D9ECE03D1ACD4C76089DCE131543"),
        (Cipher.DES3, "0036D272F5C350ACAC50C3F572D23600", ENCRYPTION, "979EC13B1CBFE9DCD01AB0FED307EAE5"),
        (Cipher.DES3, "0036D272F5C350ACAC50C3F572D23600", AUTHENTICATION, "F1CB1F1FB5ADF208806B89DC579DC1F8"),
        (Cipher.AES128, MRZ_SECRET.hex(), PASSWORD, "89DED1B26624EC1E634C1989302849DD"),
        (
            Cipher.AES128,
            "28768D20701247DAE81804C9E780EDE582A9996DB4A315020B2733197DB84925",
            ENCRYPTION,
            "F5F0E35C0D7161EE6724EE513A0D9A7F",
        ),
        (
            Cipher.AES128,
            "28768D20701247DAE81804C9E780EDE582A9996DB4A315020B2733197DB84925",
            AUTHENTICATION,
            "FE251C7858B356B24514B3BD5F4297D1",
        ),
        # Computed by Proxmark3's offline tests.
        (Cipher.DES3, MRZ_SECRET.hex(), PASSWORD, "89DFD0B36725EC1F624C1989312949DC"),
        (Cipher.AES192, MRZ_SECRET.hex(), ENCRYPTION, "11504483F04A10A66A8FCD6D348C75A961809C54EDAA2117"),
        (Cipher.AES192, MRZ_SECRET.hex(), PASSWORD, "D79A23C126202AC9051FEBFBC0E8A03B1C6645D85752B4B7"),
        (
            Cipher.AES256,
            MRZ_SECRET.hex(),
            AUTHENTICATION,
            "1F35D576CE54BA775A391F9749E388C48215B7D544D62D96470ABA7B19F051A3",
        ),
        (
            Cipher.AES256,
            MRZ_SECRET.hex(),
            PASSWORD,
            "D79A23C126202AC9051FEBFBC0E8A03B1C6645D85752B4B71408FA229AB6D56B",
        ),
        (Cipher.AES128, b"123456".hex(), PASSWORD, "591468CDA83D65219CCCB8560233600F"),
    ],
)
def test_keys_are_derived_as_published(cipher: Cipher, secret: str, counter: int, key: str) -> None:
    assert cipher.derive_key(bytes.fromhex(secret), counter).hex().upper() == key


def test_the_retail_mac_of_appendix_d3() -> None:
    key = bytes.fromhex("7962D9ECE03D1ACD4C76089DCE131543")
    data = bytes.fromhex("72C29C2371CC9BDB65B779B8E8D37B29ECC154AA56A8799FAE2F498F76ED92F2")
    assert Cipher.DES3.mac(key, data).hex().upper() == "5F1448EEA8AD90A7"


@pytest.mark.parametrize(
    ("cipher", "key", "data", "mac"),
    [
        # NIST SP 800-38B, D.1 to D.3: nothing, one block, and 40 bytes.
        (Cipher.AES128, "2b7e151628aed2a6abf7158809cf4f3c", 0, "bb1d6929e9593728"),
        (Cipher.AES128, "2b7e151628aed2a6abf7158809cf4f3c", 16, "070a16b46b4d4144"),
        (Cipher.AES128, "2b7e151628aed2a6abf7158809cf4f3c", 40, "dfa66747de9ae630"),
        (Cipher.AES192, "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b", 0, "d17ddf46adaacde5"),
        (Cipher.AES192, "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b", 40, "8a1de5be2eb31aad"),
        (Cipher.AES256, "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", 0, "028962f61b7bf89e"),
        (Cipher.AES256, "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", 40, "aaf3d8f1de5640c2"),
    ],
)
def test_the_cmacs_of_nist(cipher: Cipher, key: str, data: int, mac: str) -> None:
    message = bytes.fromhex(
        "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
    )
    assert cipher.mac(bytes.fromhex(key), message[:data]).hex() == mac


@each_cipher
@given(data=st.binary(max_size=100))
def test_what_is_encrypted_is_decrypted(cipher: Cipher, data: bytes) -> None:
    key, iv = bytes(range(cipher.key_size)), bytes(range(cipher.block_size))
    padded = cipher.pad(data)
    assert len(padded) % cipher.block_size == 0
    assert 1 <= len(padded) - len(data) <= cipher.block_size
    encrypted = cipher.encrypt(key, padded, iv)
    assert encrypted != padded
    assert cipher.unpad(cipher.decrypt(key, encrypted, iv)) == data
    assert cipher.decrypt(key, encrypted) != padded


@each_cipher
@pytest.mark.parametrize("padded", ["", "00" * 16, "80" + "00" * 16, "41" * 16, "4180" + "00" * 16, "418001"])
def test_what_ends_in_no_padding_is_refused(cipher: Cipher, padded: str) -> None:
    with pytest.raises(ValueError, match="padding"):
        cipher.unpad(bytes.fromhex(padded))


@each_cipher
def test_a_mac_is_confirmed_whole_or_not_at_all(cipher: Cipher) -> None:
    key = bytes(range(cipher.key_size))
    mac = cipher.mac(key, b"data")
    assert cipher.confirms(key, b"data", mac)
    assert not cipher.confirms(key, b"dat", mac)
    assert not any(cipher.confirms(key, b"data", mac[:size]) for size in range(8))
    assert not any(cipher.confirms(key, b"data", mac + more) for more in (b"\0", mac))
    for at in range(64):
        assert not cipher.confirms(key, b"data", (int.from_bytes(mac) ^ 1 << at).to_bytes(8))


@each_cipher
def test_a_key_of_another_size_is_refused(cipher: Cipher) -> None:
    with pytest.raises(ValueError, match="a key of"):
        cipher.encrypt(bytes(cipher.key_size + 1), bytes(16))
