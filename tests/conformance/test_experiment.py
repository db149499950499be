"""The conformance test's own judgement: it must be able to fail."""

from dataclasses import replace

import numpy as np
import pytest
from conformance.bench import Bench
from glowworm.devices.wgsl import WgslLowering
from glowworm.graph.plan import Dispatch, Plan
from glowworm.graph.storage import Limits
from glowworm_tools.conformance.experiment import PHASE, Experiment, Result, check_program, compare
from glowworm_tools.conformance.table import CASES, Case

REFERENCE = np.array([1, 2, np.nan], np.float32)


def _error(values: list[float], exact: bool = False) -> float:
    found = Result("x", np.array(values, np.float32), exact)
    return compare([found], [Result("x", REFERENCE, exact)])["x"]


def test_errors_are_relative_to_the_whole_result() -> None:
    assert _error([1, 2, np.nan]) == 0
    assert _error([1, 2.001, np.nan]) == pytest.approx(0.001 / 5**0.5, rel=1e-3)


@pytest.mark.parametrize("values", [[1, np.nan, np.nan], [1, np.inf, np.nan], [1, 2, 3]])
def test_missing_and_superfluous_numbers_never_pass(values: list[float]) -> None:
    assert _error(values) == np.inf


def test_exact_results_allow_no_error() -> None:
    found, expected = (Result("token", np.array([token], np.uint32), True) for token in (7, 8))
    assert compare([found], [expected]) == {"token": np.inf}
    assert compare([found], [found]) == {"token": 0}


def test_names_tell_cases_apart() -> None:
    assert len({case.name for case in CASES}) == len(CASES)


def test_overlapping_bindings_are_found() -> None:
    experiment = Experiment(0)
    a, b = experiment.input(1, 64), experiment.input(1, 64)
    experiment.output("sum", a + b)
    program = experiment.compile(WgslLowering(), Limits())
    check_program(program, Limits())
    (dispatch,) = program.plans[PHASE].dispatches
    bindings = (*dispatch.bindings[:-1], dispatch.bindings[-2])
    program.plans[PHASE] = replace_dispatch(program.plans[PHASE], replace(dispatch, bindings=bindings))
    with pytest.raises(AssertionError, match="overlap"):
        check_program(program, Limits())


def replace_dispatch(plan: Plan, dispatch: Dispatch) -> Plan:
    return replace(plan, body=(), head=(dispatch,))


def test_the_reference_agrees_with_itself(bench: Bench) -> None:
    case: Case = CASES[0]
    errors = compare(bench.expected(case), bench.expected(case))
    assert errors and set(errors.values()) == {0}
