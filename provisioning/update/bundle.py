"""Makes bundles and indexes: ``python3 -m provisioning.update.bundle``, on the vendor's or the Department's machine.

new-key FILE                          a signing key behind a passphrase, and FILE.pub for the machines
make --wheels DIR --key FILE --into DIR   this tree and these wheels as a bundle
index DIR --key FILE --serial N --first VERSION=WHEN --rest VERSION=WHEN   what a folder of bundles offers to whom
"""

import argparse
import getpass
import hashlib
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from provisioning.deb.build import ARCHITECTURES, NEVER, fits
from provisioning.installer.lock import BUILT, normal, read_lock
from provisioning.installer.product import TREE
from provisioning.installer.roles import ROLES
from provisioning.installer.wheel import build as wheel_of_product
from provisioning.update import index as offers
from provisioning.update.index import Index, Offer
from provisioning.update.manifest import KIND, File, Manifest, read_manifest, written
from provisioning.update.signed import read_keys, sign
from provisioning.update.tape import END, header, padding
from provisioning.update.verify import MANIFEST, manifest_of, verify

SOURCE = Path(__file__).resolve().parents[2]
ROOM_FOR_COMPILED = 1.5  # an environment beside its wheels' contents: what Python compiles, and pip


def new_key(path: Path, passphrase: bytes) -> None:
    """A new signing key at ``path``, and its public half beside it."""
    key = Ed25519PrivateKey.generate()
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase))
    with path.open("xb") as file:
        path.chmod(0o600)
        file.write(secret)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    path.with_name(f"{path.name}.pub").write_bytes(public)


def read_key(path: Path) -> Ed25519PrivateKey:
    """A signing key; the passphrase is asked for where there is one. Raises ValueError where it is no Ed25519 key."""
    data = path.read_bytes()
    try:
        key = load_pem_private_key(data, None)
    except TypeError:
        key = load_pem_private_key(data, getpass.getpass(f"{path}: ").encode())
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{path}: an Ed25519 key is expected")
    return key


def collect(tree: Path, wheels: Path, python: str, architecture: str, work: Path) -> dict[str, Path]:
    """The files of a release by their paths in it. Raises ValueError where the lock has something without a wheel."""
    found: dict[str, Path] = {}
    for name in TREE:
        top = tree / name
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                found[path.relative_to(tree).as_posix()] = path
    fitting = [path for path in sorted(wheels.glob("*.whl")) if fits(path.name, python, architecture)]
    have = {normal(path.name.split("-")[0]) for path in fitting}
    locked = read_lock((tree / "requirements/runtime.txt").read_text(encoding="utf-8"))
    absent = sorted({one.name for one in locked} - have - NEVER)
    if absent:
        raise ValueError(f"{wheels}: no wheel for {', '.join(absent)}; run provisioning/deb/wheels there")
    own = wheel_of_product(tree, work)
    found |= {f"wheels/{path.name}": path for path in (*fitting, own)}
    if (wheels / BUILT).exists():
        found[f"wheels/{BUILT}"] = wheels / BUILT
    return found


def describe(files: dict[str, Path], least: str, made: str, python: str, machine: str, keys: Sequence[str]) -> Manifest:
    """The manifest of these files. Raises ManifestError where a machine would refuse it."""
    told = tomllib.loads(files["pyproject.toml"].read_text(encoding="utf-8"))
    listed = [
        {
            "path": name,
            "size": path.stat().st_size,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "executable": not name.startswith("wheels/") and bool(path.stat().st_mode & 0o100),
        }
        for name, path in sorted(files.items())
    ]
    unpacked = sum(_unpacked(path) for name, path in files.items() if name.endswith(".whl"))
    document = {
        "format": 1,
        "version": told["project"]["version"],
        "least": least or told["project"]["version"],
        "made": made,
        "python": python,
        "machine": machine,
        "packages": {role.name: sorted(role.packages) for role in ROLES.values()},
        "room": int(unpacked * ROOM_FOR_COMPILED),
        "files": listed,
        "keys": list(keys),
    }
    return read_manifest(msgspec.json.encode(document))


def pack(manifest: Manifest, files: dict[str, Path], keys: Sequence[Ed25519PrivateKey], target: Path) -> None:
    """Write the bundle."""
    document = sign(KIND, written(manifest), keys)
    with target.open("wb") as tape:
        tape.write(header(MANIFEST, len(document)) + document + padding(len(document)))
        for file in manifest.files:
            tape.write(header(file.path, file.size, executable=file.executable))
            tape.write(files[file.path].read_bytes() + padding(file.size))
        tape.write(END)


def file_of(path: str, content: bytes, *, executable: bool = False) -> File:
    """How a manifest names a file with this content."""
    return File(path, len(content), hashlib.sha256(content).hexdigest(), executable)


def offer_of(path: Path, manifest: Manifest, first: datetime | None, rest: datetime | None) -> Offer:
    """How an index names a bundle."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Offer(
        manifest.version, path.name, manifest.python, manifest.machine, path.stat().st_size, digest, first, rest
    )


def _unpacked(wheel: Path) -> int:
    with zipfile.ZipFile(wheel) as packed:
        return sum(info.file_size for info in packed.infolist())


def _make(options: argparse.Namespace) -> None:
    keys = [read_key(path) for path in options.key]
    machine = ARCHITECTURES[options.architecture]
    public = read_keys(b"".join(path.read_bytes() for path in options.next)) if options.next else ()
    with tempfile.TemporaryDirectory() as work:
        files = collect(options.tree, options.wheels, options.python, options.architecture, Path(work))
        made = datetime.now(UTC).date().isoformat()
        following = [key.public_bytes_raw().hex() for key in public]
        manifest = describe(files, options.least, made, options.python, machine, following)
        options.into.mkdir(parents=True, exist_ok=True)
        target = options.into / f"moiso-{manifest.version}-py{options.python}-{machine}.bundle"
        pack(manifest, files, keys, target)
    verify(target, [key.public_key() for key in keys])
    print(target)


def _index(options: argparse.Namespace) -> None:
    keys = [read_key(path) for path in options.key]
    vouching = read_keys(options.vouching.read_bytes()) if options.vouching else [key.public_key() for key in keys]
    first, rest = (dict(given) for given in (options.first, options.rest))
    found = [(path, manifest_of(path, vouching)) for path in sorted(options.folder.glob("moiso-*.bundle"))]
    listed = [offer_of(path, one, first.get(one.version), rest.get(one.version)) for path, one in found]
    index = Index(1, options.serial, datetime.now(UTC), tuple(listed))
    (options.folder / offers.NAME).write_bytes(sign(offers.KIND, msgspec.json.encode(index), keys))
    print(options.folder / offers.NAME)


def _opened(text: str) -> tuple[str, datetime]:
    version, _, when = text.partition("=")
    return version, datetime.fromisoformat(when).astimezone() if when else datetime.now(UTC)


def _new_key(options: argparse.Namespace) -> None:
    new_key(options.file, getpass.getpass(f"{options.file}: ").encode())


def main(arguments: Sequence[str] = ()) -> None:
    """Do as the options say."""
    parser = argparse.ArgumentParser(prog="python3 -m provisioning.update.bundle")
    commands = parser.add_subparsers(required=True)
    key = commands.add_parser("new-key")
    key.add_argument("file", type=Path)
    key.set_defaults(work=_new_key)
    make = commands.add_parser("make")
    make.add_argument("--tree", type=Path, default=SOURCE)
    make.add_argument("--wheels", type=Path, required=True, help="what provisioning/deb/wheels has filled")
    make.add_argument("--into", type=Path, required=True)
    make.add_argument("--python", default=f"{sys.version_info[0]}.{sys.version_info[1]}", help="3.11 or 3.13")
    make.add_argument("--architecture", default="amd64", choices=tuple(ARCHITECTURES))
    make.add_argument("--least", default="", help="the oldest version that it may replace; else the same number")
    make.add_argument("--next", type=Path, action="append", default=[], help="a public key that vouches from then on")
    index = commands.add_parser("index")
    index.add_argument("folder", type=Path)
    index.add_argument("--serial", type=int, required=True, help="one more than before")
    index.add_argument("--first", type=_opened, action="append", default=[], metavar="VERSION[=WHEN]")
    index.add_argument("--rest", type=_opened, action="append", default=[], metavar="VERSION[=WHEN]")
    index.add_argument("--vouching", type=Path, help="public keys of the bundles, where others signed them")
    for command, work in ((make, _make), (index, _index)):
        command.add_argument(
            "--key", type=Path, action="append", required=True, help="a signing key; twice while changing"
        )
        command.set_defaults(work=work)
    options = parser.parse_args(arguments or None)
    options.work(options)


if __name__ == "__main__":
    main()
