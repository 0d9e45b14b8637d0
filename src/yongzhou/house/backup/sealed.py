"""Secrets of a home in one sealed file: scrypt (RFC 7914) for the passphrase, SM4-GCM for the content.

Without the passphrase a backup holds no key: personal columns, passwords and the local CA stay closed.
"""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from yongzhou.core.home import Home
from yongzhou.house.backup.manifest import BackupError

MAGIC: Final = b"yongzhou-sealed-1\n"
SHORTEST: Final = 12
_SALT, _NONCE, _TAG = 16, 12, 16
FOLDERS: Final = ("secrets", "caddy")  # keys and passwords; the CA that phones trust


def seal(data: bytes, passphrase: str) -> bytes:
    """Seal bytes; `BackupError` for a passphrase that is too short."""
    if len(passphrase) < SHORTEST:
        raise BackupError(f"备份口令至少 {SHORTEST} 个字;它是打开全部密钥的唯一钥匙,请妥善保管")
    salt, nonce = os.urandom(_SALT), os.urandom(_NONCE)
    encryptor = Cipher(SM4(_key(passphrase, salt)), GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(MAGIC)
    return MAGIC + salt + nonce + encryptor.update(data) + encryptor.finalize() + encryptor.tag


def unseal(sealed: bytes, passphrase: str) -> bytes:
    """The bytes; `BackupError` for another passphrase or an altered file."""
    body = sealed.removeprefix(MAGIC)
    if body == sealed or len(body) < _SALT + _NONCE + _TAG:
        raise BackupError("密钥包不是本系统的备份")
    salt, nonce, tag = body[:_SALT], body[_SALT : _SALT + _NONCE], body[-_TAG:]
    decryptor = Cipher(SM4(_key(passphrase, salt)), GCM(nonce, tag)).decryptor()
    decryptor.authenticate_additional_data(MAGIC)
    try:
        return decryptor.update(body[_SALT + _NONCE : -_TAG]) + decryptor.finalize()
    except InvalidTag:
        raise BackupError("口令不对,或密钥包被改动") from None


def gather(home: Home) -> dict[str, str]:
    """Secret files of a home by relative path, base64."""
    found = {}
    for folder in FOLDERS:
        for path in sorted((home.data / folder).rglob("*")):
            if path.is_file():
                found[str(path.relative_to(home.data))] = base64.b64encode(path.read_bytes()).decode()
    return found


def spread(home: Home, files: dict[str, str]) -> None:
    """Write secret files back, readable by their owner only; a path outside of the home is refused."""
    for name, content in files.items():
        path = (home.data / name).resolve()
        if not path.is_relative_to(home.data.resolve()) or Path(name).parts[0] not in FOLDERS:
            raise BackupError(f"密钥包里有越界的路径 {name}")
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(base64.b64decode(content))


def pack(home: Home, manifest: str) -> bytes:
    """Secrets together with the manifest's text, so that a forged manifest is found."""
    return json.dumps({"manifest": manifest, "files": gather(home)}).encode()


def unpack(data: bytes) -> tuple[str, dict[str, str]]:
    """The manifest's text and the secret files."""
    row = json.loads(data)
    return str(row["manifest"]), dict(row["files"])


def _key(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=16, n=1 << 15, r=8, p=1).derive(passphrase.encode())
