"""What proves who somebody is. Plain tables: no list, no form, no API, no export ever shows them."""

from __future__ import annotations

from django.db import models

from yongzhou.core.crypto.identity import uuid7
from yongzhou.core.people.models.delegated import ServiceAccount
from yongzhou.core.people.models.parties import Login


class SecondFactor(models.Model):
    """The authenticator app of a login; the secret is sealed; a step is used once."""

    login = models.OneToOneField(Login, on_delete=models.CASCADE, related_name="second_factor")
    secret = models.TextField()
    confirmed_at = models.DateTimeField(null=True)
    last_step = models.BigIntegerField(default=-1)

    class Meta:
        db_table = "people_second_factor"


class RecoveryCode(models.Model):
    """One code of a set, hashed; good once."""

    login = models.ForeignKey(Login, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "people_recovery_code"
        constraints = [models.UniqueConstraint(fields=["login", "digest"], name="people_recovery_code_once")]


class SignIn(models.Model):
    """One session: where it came from, when it was last used; ended ones are kept for a while to be looked at."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    login = models.ForeignKey(Login, on_delete=models.CASCADE, related_name="sign_ins")
    session = models.CharField(max_length=40, db_index=True)
    at = models.DateTimeField()
    seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    address = models.CharField(max_length=45)
    browser = models.CharField(max_length=200)
    method = models.CharField(max_length=20)  # password, password+totp, password+recovery, oidc, oidc+totp

    class Meta:
        db_table = "people_sign_in"
        indexes = [models.Index(fields=["login", "-seen_at"], name="people_sign_in_seen")]


class KnownDevice(models.Model):
    """A browser in which a login has been proved before; the cookie's value is hashed."""

    login = models.ForeignKey(Login, on_delete=models.CASCADE, related_name="devices")
    digest = models.CharField(max_length=64, db_index=True)
    at = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        db_table = "people_known_device"


class Tries(models.Model):
    """Wrong tries under one counter: a login at an address, at a known device, anywhere; an address."""

    key = models.CharField(primary_key=True, max_length=64)
    failures = models.IntegerField(default=0)
    at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "people_tries"


class ServiceKey(models.Model):
    """A key of a service account: shown once, hashed, for some operations and resources, until a day."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    account = models.ForeignKey(ServiceAccount, on_delete=models.CASCADE, related_name="keys")
    label = models.CharField(max_length=60)
    prefix = models.CharField(max_length=12, unique=True)  # shown, finds the row
    digest = models.CharField(max_length=64)
    patterns = models.JSONField()  # [[action, resource], …]
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=80)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)
    used_from = models.CharField(max_length=45, default="")

    class Meta:
        db_table = "people_service_key"


class IdentityProvider(models.Model):
    """An OpenID Connect provider whose word about known persons the house takes; off until it is switched on."""

    code = models.SlugField(max_length=40, unique=True)
    title = models.CharField(max_length=60)
    issuer = models.URLField(max_length=300)
    client_id = models.CharField(max_length=200)
    client_secret = models.TextField(default="")  # sealed
    scopes = models.CharField(max_length=200, default="openid profile")
    claim = models.CharField(max_length=60, default="preferred_username")
    matches = models.CharField(max_length=20, default="login")  # login, phone, id_number
    enabled = models.BooleanField(default=False)

    class Meta:
        db_table = "people_identity_provider"


class ProviderLink(models.Model):
    """A provider's subject and its login, linked at the first sign-in; from then on only the subject counts."""

    provider = models.ForeignKey(IdentityProvider, on_delete=models.CASCADE)
    subject = models.CharField(max_length=255)
    login = models.ForeignKey(Login, on_delete=models.CASCADE, related_name="provider_links")
    at = models.DateTimeField()

    class Meta:
        db_table = "people_provider_link"
        constraints = [
            models.UniqueConstraint(fields=["provider", "subject"], name="people_provider_link_subject"),
            models.UniqueConstraint(fields=["provider", "login"], name="people_provider_link_login"),
        ]
