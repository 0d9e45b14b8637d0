"""Tables of people and access: parties and rights are records; credentials are plain tables without faces."""

from yongzhou.core.people.models.credentials import (
    IdentityProvider,
    KnownDevice,
    ProviderLink,
    RecoveryCode,
    SecondFactor,
    ServiceKey,
    SignIn,
    Tries,
)
from yongzhou.core.people.models.delegated import Delegation, ServiceAccount
from yongzhou.core.people.models.parties import (
    Appointment,
    Login,
    LoginManager,
    Party,
    Person,
    Role,
    RoleGrant,
    Unit,
)

__all__ = [
    "Appointment",
    "Delegation",
    "IdentityProvider",
    "KnownDevice",
    "Login",
    "LoginManager",
    "Party",
    "Person",
    "ProviderLink",
    "RecoveryCode",
    "Role",
    "RoleGrant",
    "SecondFactor",
    "ServiceAccount",
    "ServiceKey",
    "SignIn",
    "Tries",
    "Unit",
]
