"""What people and machines may ask of the city's state."""

from yongzhou.systems.governance.city_operations.operations.advising import advise, decide_advice, measure_effect
from yongzhou.systems.governance.city_operations.operations.comparing import compare_runs
from yongzhou.systems.governance.city_operations.operations.editions import revise_rule, revise_sign
from yongzhou.systems.governance.city_operations.operations.federating import (
    check_gaps,
    federate,
    link_entity,
    score_frame,
    snapshot,
)
from yongzhou.systems.governance.city_operations.operations.judging import compute_state, judge
from yongzhou.systems.governance.city_operations.operations.learning import train_baselines
from yongzhou.systems.governance.city_operations.operations.reporting import (
    archive_report,
    edit_report,
    generate_report,
    sign_report,
)
from yongzhou.systems.governance.city_operations.operations.scanning import detect_anomaly
from yongzhou.systems.governance.city_operations.operations.scenarios import make_scenario, run_scenario
from yongzhou.systems.governance.city_operations.operations.supervising import (
    follow_matter,
    settle_supervision,
    supervise,
)
from yongzhou.systems.governance.city_operations.operations.verdicts import acknowledge_anomaly, judge_anomaly

__all__ = [
    "acknowledge_anomaly", "advise", "archive_report", "check_gaps", "compare_runs", "compute_state", "decide_advice",
    "detect_anomaly", "edit_report", "federate", "follow_matter", "generate_report", "judge", "judge_anomaly",
    "link_entity", "make_scenario", "measure_effect", "revise_rule", "revise_sign", "run_scenario", "score_frame",
    "settle_supervision", "sign_report", "snapshot", "supervise", "train_baselines",
]  # fmt: skip
