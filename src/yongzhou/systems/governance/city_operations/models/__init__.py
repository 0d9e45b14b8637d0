"""Records of the city's state: signs, limits, states, baselines, anomalies, runs, advice, reports, supervision."""

from yongzhou.systems.governance.city_operations.models.advice import Advice, Playbook, Supervision
from yongzhou.systems.governance.city_operations.models.anomaly import Anomaly, Baseline, Scan
from yongzhou.systems.governance.city_operations.models.report import OperationReport
from yongzhou.systems.governance.city_operations.models.scenario import Scenario, SimulationRun
from yongzhou.systems.governance.city_operations.models.state import (
    DOMAINS,
    SEVERITIES,
    DomainRule,
    FrameItem,
    PeerCenter,
    StateVector,
    TwinLink,
    VitalSign,
)

__all__ = [
    "DOMAINS",
    "SEVERITIES",
    "Advice",
    "Anomaly",
    "Baseline",
    "DomainRule",
    "FrameItem",
    "OperationReport",
    "PeerCenter",
    "Playbook",
    "Scan",
    "Scenario",
    "SimulationRun",
    "StateVector",
    "Supervision",
    "TwinLink",
    "VitalSign",
]
