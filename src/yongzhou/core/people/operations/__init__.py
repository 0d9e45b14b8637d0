"""Operations of people and access. Credentials of one's own (password, authenticator, sessions) are no operations:

secrets pass no generic door; they change on the account's page only, each with its audit line.
"""

from yongzhou.core.people.domain.rights import covers
from yongzhou.core.people.operations.appointing import Appoint, appoint, entrust, revoke
from yongzhou.core.people.operations.city_wide import close_demo_accounts, configure_provider, open_demo_accounts
from yongzhou.core.people.operations.delegating import delegate, end_delegation
from yongzhou.core.people.operations.logins import close_login, open_login, recover_login, register, reset_login
from yongzhou.core.people.operations.services import close_service, issue_key, open_service, revoke_key

__all__ = [
    "Appoint",
    "appoint",
    "close_demo_accounts",
    "close_login",
    "close_service",
    "configure_provider",
    "covers",
    "delegate",
    "end_delegation",
    "entrust",
    "issue_key",
    "open_demo_accounts",
    "open_login",
    "open_service",
    "recover_login",
    "register",
    "reset_login",
    "revoke",
    "revoke_key",
]
