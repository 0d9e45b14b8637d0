"""Field cipher: SM4-GCM (GB/T 32907-2016, RFC 8998), text in, text out, with the key's id in the value.

A value reads `sm4:<key id>:<base64url(nonce 12 | ciphertext | tag 16)>`. The context (model and column, say) is
authenticated with it, so that a value copied to another column does not open.
"""

from __future__ import annotations

import base64
import binascii
import os
import unicodedata
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM

from yongzhou.core.crypto.keys import Keyring, keyring
from yongzhou.core.crypto.sm3 import derive, hmac_sm3
from yongzhou.core.home import Home

PREFIX: Final = "sm4"
_NONCE: Final = 12
_TAG: Final = 16


class CipherError(ValueError):
    """A sealed value that does not open: unknown key, another context, or altered."""


def seal(text: str, context: str) -> str:
    """Encrypt one text for one context."""
    return seal_bytes(text.encode(), context)


def unseal(value: str, context: str) -> str:
    """The text of a sealed value; `CipherError` if key, context or bytes do not fit."""
    return unseal_bytes(value, context).decode()


def seal_bytes(data: bytes, context: str) -> str:
    """Encrypt bytes for one context."""
    ring = keyring(Home.here())
    nonce = os.urandom(_NONCE)
    encryptor = Cipher(SM4(ring.keys[ring.current]), GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(context.encode())
    ciphertext = encryptor.update(data) + encryptor.finalize()
    body = base64.urlsafe_b64encode(nonce + ciphertext + encryptor.tag).decode()
    return f"{PREFIX}:{ring.current}:{body}"


def unseal_bytes(value: str, context: str) -> bytes:
    """The bytes of a sealed value; `CipherError` if key, context or bytes do not fit."""
    number, body = _parts(value)
    key = _key(number)
    nonce, ciphertext, tag = body[:_NONCE], body[_NONCE:-_TAG], body[-_TAG:]
    decryptor = Cipher(SM4(key), GCM(nonce, tag)).decryptor()
    decryptor.authenticate_additional_data(context.encode())
    try:
        return decryptor.update(ciphertext) + decryptor.finalize()
    except InvalidTag as error:
        raise CipherError(f"密文校验不通过（用途 {context}，密钥 {number}）：内容被改动，或不属于这一字段。") from error


def blind(text: str, kind: str) -> str:
    """Blind index of a text for equality only: HMAC-SM3 under a key of its kind, 64 hex digits.

    Width, case and blanks do not count: `4311 ... x` and `４３１１…Ｘ` have one index.
    """
    folded = "".join(unicodedata.normalize("NFKC", text).split()).upper()
    secret = derive(keyring(Home.here()).blind_secret, f"blind index {kind}", 32)
    return hmac_sm3(secret, folded.encode()).hex()


def _parts(value: str) -> tuple[int, bytes]:
    prefix, _, rest = value.partition(":")
    number, _, body = rest.partition(":")
    try:
        raw = base64.b64decode(body.encode(), altchars=b"-_", validate=True)
        if prefix != PREFIX or len(raw) < _NONCE + _TAG:
            raise ValueError("形式不对")
        return int(number), raw
    except (ValueError, binascii.Error) as error:
        raise CipherError("不是本系统的密文：应为 sm4:密钥编号:内容。") from error


def _key(number: int) -> bytes:
    home = Home.here()
    ring: Keyring = keyring(home)
    if number not in ring.keys:
        keyring.cache_clear()  # another process may have rotated since
        ring = keyring(home)
    try:
        return ring.keys[number]
    except KeyError:
        raise CipherError(f"没有编号为 {number} 的密钥：请从备份恢复 secrets/field_key_{number}。") from None
