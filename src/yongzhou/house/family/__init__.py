"""The supervised process family: PostgreSQL, NATS, front and roles as one thing that starts, heals and stops."""

from yongzhou.house.family.lock import DataInUse
from yongzhou.house.family.member import Member, State
from yongzhou.house.family.ports import PortsInUse
from yongzhou.house.family.roster import postgres_and_nats, roster
from yongzhou.house.family.supervisor import Family, FamilyError

__all__ = ["DataInUse", "Family", "FamilyError", "Member", "PortsInUse", "State", "postgres_and_nats", "roster"]
