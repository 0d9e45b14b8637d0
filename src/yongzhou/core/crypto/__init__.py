"""National ciphers of the house: SM4-GCM for encrypted fields, HMAC-SM3 for blind indexes, SM3 for digests."""

from yongzhou.core.crypto.fields import CipherError, blind, seal, seal_bytes, unseal, unseal_bytes
from yongzhou.core.crypto.identity import uuid7
from yongzhou.core.crypto.sm3 import hmac_sm3, sm3

__all__ = ["CipherError", "blind", "hmac_sm3", "seal", "seal_bytes", "sm3", "unseal", "unseal_bytes", "uuid7"]
