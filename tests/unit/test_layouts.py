"""Which layout the tensors of a file get on a device."""

import pytest
from glowworm.errors import UnsupportedError
from glowworm.weights.gguf import GgmlType, TensorInfo
from glowworm.weights.layouts import GROUP, LAYOUTS, QUANTISE_ABOVE, packing, vector_packing


def tensor(kind: GgmlType, *shape: int) -> TensorInfo:
    return TensorInfo("w", kind, shape, 0, 0)


@pytest.mark.parametrize(
    ("kind", "columns", "layout", "repack"),
    [
        (GgmlType.Q4_0, 64, "int4", "repack_q4_0"),
        (GgmlType.Q8_0, 64, "int8", "repack_q8_0"),
        (GgmlType.F32, 7, "f32", "copy"),
        (GgmlType.BF16, 7, "f32", "expand_bf16"),
        (GgmlType.F16, 6, "f16", "copy"),
        (GgmlType.F16, 7, "f32", "expand_f16"),  # in pairs, every other row would begin inside one
    ],
)
def test_small_matrices_stay_exact(kind: GgmlType, columns: int, layout: str, repack: str) -> None:
    chosen = packing(tensor(kind, 4, columns))
    assert (chosen.layout, chosen.repack) == (layout, repack)


@pytest.mark.parametrize("kind", [GgmlType.F32, GgmlType.F16, GgmlType.BF16])
def test_large_matrices_of_floats_become_int8_where_groups_fill_rows(kind: GgmlType) -> None:
    rows = QUANTISE_ABOVE // GROUP
    assert packing(tensor(kind, rows, GROUP)).layout != "int8"
    assert packing(tensor(kind, rows + 1, GROUP)).layout == "int8"
    assert packing(tensor(kind, rows + 1, GROUP + 1)).layout == "f32"


def test_vectors_become_f32_or_are_refused() -> None:
    for kind in (GgmlType.F32, GgmlType.F16, GgmlType.BF16):
        assert vector_packing(tensor(kind, 8)).layout == "f32"
    with pytest.raises(UnsupportedError, match="norm weights must be F32"):
        vector_packing(tensor(GgmlType.Q8_0, 32))


def test_regions_are_whole_words() -> None:
    assert LAYOUTS["f16"].region_nbytes(7, 2) == (28,)
    assert LAYOUTS["int4"].region_nbytes(1, GROUP) == (16, 4)
