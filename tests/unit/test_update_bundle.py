"""A bundle: what its maker signed comes out of it to the last byte, and nothing else comes out of anything."""

import base64
import hashlib
import io
import json
import re
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioning.update import bundle
from provisioning.update.index import MAX_INDEX, NoIndex, read_index
from provisioning.update.manifest import MAX_MANIFEST, NEEDED, Manifest, ManifestError, read_manifest, written
from provisioning.update.signed import NotSigned, read_keys, sign, verified
from provisioning.update.tape import BLOCK, END, header, padding
from provisioning.update.verify import BadBundle, manifest_of, unpack, verify

KEY, OTHER = (Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in (1, 2))
KNOWN = (KEY.public_key(),)
LONG = "wheels/" + "manylinux_2_17_x86_64." * 5 + "whl"
CONTENTS = {
    LONG: b"a name of over 100 characters",
    **{name: f"# {name}\n".encode() for name in NEEDED},
    "wheels/moiso-0.2.0-py3-none-any.whl": bytes(range(256)) * 9,
}


def manifest(**changed: object) -> dict[str, object]:
    """A manifest's document; ``changed`` replaces parts of it."""
    files = [
        {"path": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest(), "executable": "install" in name}
        for name, data in sorted(CONTENTS.items())
    ]
    told: dict[str, object] = {"format": 1, "version": "0.2.0", "least": "0.1.0", "made": "2026-11-27"}
    told |= {"python": "3.11", "machine": "x86_64", "packages": {"hub": ["espeak-ng"]}, "room": 0, "files": files}
    return told | changed


def read(document: object) -> Manifest:
    return read_manifest(json.dumps(document).encode())


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A good bundle."""
    return pack(tmp_path / "moiso-0.2.0.bundle")


def pack(target: Path, key: Ed25519PrivateKey = KEY, **changed: object) -> Path:
    files = {}
    for name, data in CONTENTS.items():
        path = target.parent / "contents" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        files[name] = path
    bundle.pack(read(manifest(**changed)), files, [key], target)
    return target


def taken(path: Path, into: Path) -> dict[str, bytes]:
    """What unpacking gives."""
    unpack(path, KNOWN, into, verify(path, KNOWN))
    return {one.relative_to(into).as_posix(): one.read_bytes() for one in into.rglob("*") if one.is_file()}


@pytest.mark.req("X6")
def test_what_was_signed_comes_out_again_with_its_modes(made: Path, tmp_path: Path) -> None:
    assert taken(made, tmp_path / "out") == CONTENTS
    assert (tmp_path / "out/provisioning/install").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "out/pyproject.toml").stat().st_mode & 0o777 == 0o644


def test_tar_and_python_read_a_bundle_too(made: Path) -> None:
    """Two readers that we did not write find the same files in it."""
    names = ["manifest", *sorted(CONTENTS)]
    with tarfile.open(made, "r:") as read_back:
        assert read_back.getnames() == names
        assert all(one.isreg() for one in read_back.getmembers())
    listed = subprocess.run(["tar", "-tf", made], capture_output=True, text=True, check=True)
    assert (listed.stdout.split(), listed.stderr) == (names, "")


@pytest.mark.req("X6")
@pytest.mark.parametrize("key", [OTHER], ids=["a key that nobody here knows"])
def test_a_bundle_by_another_key_is_refused_before_its_files_are_read(tmp_path: Path, key: Ed25519PrivateKey) -> None:
    strange = pack(tmp_path / "strange.bundle", key)
    with pytest.raises(BadBundle, match="vouches"):
        manifest_of(strange, KNOWN)
    assert verify(strange, [key.public_key()]).version == "0.2.0"


@pytest.mark.req("X6")
def test_while_keys_change_either_of_two_is_enough() -> None:
    both = sign("bundle", b"payload", [OTHER, KEY])
    assert verified("bundle", both, KNOWN) == b"payload"
    assert verified("bundle", both, [OTHER.public_key()]) == b"payload"
    with pytest.raises(NotSigned):
        verified("bundle", both, [Ed25519PrivateKey.generate().public_key()])


@pytest.mark.req("X6")
def test_what_was_signed_as_one_kind_does_not_pass_for_another() -> None:
    document = sign("index", b"payload", [KEY])
    with pytest.raises(NotSigned, match="not signed as bundle"):
        verified("bundle", document, KNOWN)
    with pytest.raises(NotSigned, match="vouches"):
        verified("bundle", document.replace(b"index", b"bundle", 1), KNOWN)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_bundle_with_any_byte_changed_is_refused(data: st.DataObject) -> None:
    good = _good()
    at = data.draw(st.integers(0, len(good) - 1))
    bit = data.draw(st.integers(0, 7))
    bad = bytearray(good)
    bad[at] ^= 1 << bit
    assert _refused(bytes(bad))


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_bundle_that_is_cut_off_or_goes_on_is_refused(data: st.DataObject) -> None:
    good = _good()
    assert _refused(good[: data.draw(st.integers(0, len(good) - 1))])
    assert _refused(good + data.draw(st.binary(min_size=1, max_size=2000)))


@settings(max_examples=200, deadline=None)
@given(noise=st.binary(max_size=3000))
def test_noise_is_refused_by_its_documented_exception(noise: bytes) -> None:
    assert _refused(noise)
    assert _refused(header("manifest", len(noise)) + noise + padding(len(noise)) + END)


def _good() -> bytes:
    found = _KEPT.get("good")
    if found is None:
        document = sign("bundle", json.dumps(manifest()).encode(), [KEY])
        found = header("manifest", len(document)) + document + padding(len(document))
        for name, content in sorted(CONTENTS.items()):
            found += header(name, len(content), executable="install" in name) + content + padding(len(content))
        found += END
        _KEPT["good"] = found
        assert not _refused(found)
    return found


_KEPT: dict[str, bytes] = {}


def _refused(data: bytes) -> bool:
    folder = Path("/dev/shm" if Path("/dev/shm").is_dir() else "/tmp")
    path = folder / f"moiso-test-{hashlib.sha256(data).hexdigest()[:16]}.bundle"
    path.write_bytes(data)
    try:
        verify(path, KNOWN)
    except BadBundle:
        return True
    finally:
        path.unlink()
    return False


@pytest.mark.req("X6")
@pytest.mark.parametrize(
    "path",
    [
        "../etc/passwd",
        "/etc/passwd",
        "a/../b",
        "a//b",
        "a/./b",
        ".",
        "",
        "a/",
        "a\\b",
        "a\0b",
        "é",
        "a b",
        ".hidden",
        "x" * 201,
        "/".join("abcdefghijklm"),
    ],
)
def test_a_path_that_leads_elsewhere_is_refused_though_it_was_signed(path: str) -> None:
    files = sorted([*_files(), {"path": path, "size": 0, "sha256": "0" * 64}], key=lambda one: str(one["path"]))
    with pytest.raises(ManifestError):
        read(manifest(files=files))


def _files() -> list[dict[str, object]]:
    files: list[dict[str, object]] = manifest()["files"]  # type: ignore[assignment]
    return files


@pytest.mark.parametrize(
    "change",
    [
        {"version": "0.2"},
        {"version": "00.2.0"},
        {"version": "0.2.0\n"},
        {"version": "0.2.0-rc1"},
        {"least": "0.3.0"},
        {"format": 2},
        {"machine": "vax"},
        {"packages": {}},
        {"packages": {"hub": ["a;rm -rf /"]}},
        {"packages": {"root": []}},
        {"room": -1},
        {"files": []},
        {"keys": ["00" * 32] * 3},
        {"more": 1},
    ],
    ids=str,
)
def test_a_manifest_that_says_something_else_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ManifestError):
        read(manifest(**change))


def test_files_out_of_order_twice_or_below_another_are_refused() -> None:
    files = _files()
    for wrong in (
        files[::-1],
        [files[0], *files],
        [*files, {**files[-1], "path": f"{files[-1]['path']}/below"}],
        files[1:],
    ):
        with pytest.raises(ManifestError):
            read(manifest(files=wrong))


def test_what_a_release_cannot_be_without_must_be_in_it() -> None:
    for name in NEEDED:
        with pytest.raises(ManifestError, match="cannot be without"):
            read(manifest(files=[one for one in _files() if one["path"] != name]))


@pytest.mark.req("X6")
def test_a_huge_manifest_is_refused_by_its_length_alone(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="too long"):
        read_manifest(b" " * (MAX_MANIFEST + 1))
    huge = tmp_path / "huge.bundle"
    huge.write_bytes(header("manifest", 8**11 - 1) + b"{" * 4096)  # 8 GiB, as it says
    with pytest.raises(BadBundle, match="too long"):
        verify(huge, KNOWN)
    many = [{"path": f"f{number:05}", "size": 1, "sha256": "0" * 64} for number in range(5000)]
    with pytest.raises(ManifestError):
        read(manifest(files=many))
    with pytest.raises(ManifestError):
        read_manifest(b"[" * 200_000)
    with pytest.raises(NoIndex):
        read_index(b" " * (MAX_INDEX + 1))


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.binary(max_size=400), st.text(max_size=300).map(str.encode)))
def test_bytes_that_are_no_manifest_are_refused_by_the_documented_exception(noise: bytes) -> None:
    for parse, error in ((read_manifest, ManifestError), (read_index, NoIndex)):
        with pytest.raises(error):
            parse(noise)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=400, deadline=None)
@given(key=st.sampled_from(sorted(manifest())), value=_JSON, below=st.booleans())
def test_a_manifest_with_anything_anywhere_is_refused_or_means_what_it_says(
    key: str, value: object, below: bool
) -> None:
    """Whatever passes can be written and read again, and every path in it stays below the release's folder."""
    if below:
        files = [dict(one) for one in _files()]
        files[0]["path" if key == "version" else "size"] = value
        document = manifest(files=files)
    else:
        document = manifest(**{key: value})
    try:
        found = read(document)
    except ManifestError:
        return
    assert read_manifest(written(found)) == found
    for file in found.files:
        assert (Path("/release") / file.path).resolve().is_relative_to("/release")


@pytest.mark.req("X6")
@pytest.mark.parametrize("kind", ["symlink", "hardlink", "device", "fifo", "absolute", "outside", "pax", "folder"])
def test_a_tar_with_anything_but_plain_files_is_refused(tmp_path: Path, kind: str) -> None:
    """Made by Python's own tarfile, with a manifest that the right key has signed."""
    document = sign("bundle", json.dumps(manifest()).encode(), [KEY])
    path = tmp_path / "strange.bundle"
    form = tarfile.PAX_FORMAT if kind == "pax" else tarfile.USTAR_FORMAT
    with tarfile.open(path, "w", format=form) as tape:
        first = tarfile.TarInfo("manifest")
        first.size = len(document)
        tape.addfile(first, io.BytesIO(document))
        strange = tarfile.TarInfo({"absolute": "/etc/x", "outside": "../x", "pax": "x" * 150}.get(kind, "x"))
        strange.type = {
            "symlink": tarfile.SYMTYPE,
            "hardlink": tarfile.LNKTYPE,
            "device": tarfile.CHRTYPE,
            "fifo": tarfile.FIFOTYPE,
            "folder": tarfile.DIRTYPE,
        }.get(kind, tarfile.REGTYPE)
        strange.linkname = "/etc/passwd" if "link" in kind else ""
        tape.addfile(strange)
    with pytest.raises(BadBundle):
        verify(path, KNOWN)
    data = bytearray(path.read_bytes())  # and with a first header that is as it should be
    data[:BLOCK] = header("manifest", len(document))
    path.write_bytes(data)
    assert manifest_of(path, KNOWN).version == "0.2.0"
    with pytest.raises(BadBundle):
        verify(path, KNOWN)


@pytest.mark.req("X6")
def test_a_stick_that_gives_other_bytes_the_second_time_is_noticed(made: Path, tmp_path: Path) -> None:
    wanted = verify(made, KNOWN)
    data = bytearray(made.read_bytes())
    data[-3 * BLOCK] ^= 1  # within the last file
    made.write_bytes(data)
    with pytest.raises(BadBundle, match="not what its maker signed"):
        unpack(made, KNOWN, tmp_path / "out", wanted)
    pack(made, made="2026-11-28")
    with pytest.raises(BadBundle, match="changed while it was read"):
        unpack(made, KNOWN, tmp_path / "out2", wanted)


def test_nothing_is_written_through_a_link_that_lies_there(made: Path, tmp_path: Path) -> None:
    (tmp_path / "out").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        unpack(made, KNOWN, tmp_path / "out", verify(made, KNOWN))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda pem: pem[:0],
        lambda pem: pem * 5,
        lambda pem: pem.replace(b"PUBLIC", b"SECRET"),
        lambda pem: pem[:40],
    ],
    ids=["empty", "five keys", "no public key", "cut off"],
)
def test_a_file_without_one_to_four_public_keys_is_refused(spoil: Callable[[bytes], bytes], tmp_path: Path) -> None:
    bundle.new_key(tmp_path / "key", b"a passphrase")
    good = (tmp_path / "key.pub").read_bytes()
    assert len(read_keys(good * 2)) == 2
    with pytest.raises(ValueError, match="expected"):
        read_keys(spoil(good))


def test_a_signing_key_is_kept_behind_its_passphrase_and_is_its_owners(tmp_path: Path) -> None:
    bundle.new_key(tmp_path / "key", b"a passphrase")
    assert b"ENCRYPTED PRIVATE KEY" in (tmp_path / "key").read_bytes()
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        bundle.new_key(tmp_path / "key", b"another")


def test_openssl_agrees_with_the_signature(tmp_path: Path) -> None:
    """An independent reader: RFC 8032 as OpenSSL has it, over the bytes that the page of the format names."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl")
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    document = sign("bundle", b"payload", [KEY])
    line = re.search(rb"^[0-9a-f]{16} (\S+)$", document, re.MULTILINE)
    assert line
    (tmp_path / "signature").write_bytes(base64.b64decode(line[1]))
    (tmp_path / "signed").write_bytes(b"moiso-signed-1 bundle\0payload")
    pem = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "key").write_bytes(pem)
    command = [
        "openssl",
        "pkeyutl",
        "-verify",
        "-rawin",
        "-pubin",
        "-inkey",
        "key",
        "-in",
        "signed",
        "-sigfile",
        "signature",
    ]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
