"""The policy language: rules, features and lists as YAML; checked, compiled, judged and explained."""

from shared.policy.capsule import dump_inputs, load_inputs
from shared.policy.documents.folders import texts_of
from shared.policy.loading import load, load_documents, shipped, shipped_folder
from shared.policy.model import Case, CaseFailure, FeatureUse, Judgement, Rule
from shared.policy.policy import Policy
from shared.policy.problems import PolicyError, Problem
from shared.policy.program import Condition, Program

__all__ = [
    "Case",
    "CaseFailure",
    "Condition",
    "FeatureUse",
    "Judgement",
    "Policy",
    "PolicyError",
    "Problem",
    "Program",
    "Rule",
    "dump_inputs",
    "load",
    "load_documents",
    "load_inputs",
    "shipped",
    "shipped_folder",
    "texts_of",
]
