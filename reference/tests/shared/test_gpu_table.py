"""The table of GPUs agrees with itself, and what is asked of it wrongly is refused."""

import pytest

from reference.shared.gpu.datasheets import CAPABILITIES, GPUS, WARP, datasheet


@pytest.mark.parametrize("each", GPUS.values(), ids=list(GPUS))
def test_the_peak_is_what_the_lanes_and_the_clock_give(each):
    assert each.sms * each.fp32_lanes * 2 * each.clock == pytest.approx(each.fp32, rel=0.01)
    assert each.source.startswith(f"NVIDIA {each.name.split()[0]} Tensor Core GPU datasheet")


@pytest.mark.parametrize("each", GPUS.values(), ids=list(GPUS))
def test_the_tensor_rates_are_dense_and_keep_their_proportions(each):
    """A dense tf32 product runs at half the rate of fp16 on every tensor core that knows tf32 at all."""
    if each.tf32:
        assert each.tf32 == pytest.approx(each.fp16 / 2, rel=0.01)
        assert each.bf16 == each.fp16
    assert each.fp16 / each.fp32 > 3


def test_the_rates_with_sparsity_are_twice_those_of_the_table():
    printed = {
        "H100 SXM": (989, 1979),
        "H200": (989, 1979),
        "L4": (120, 242),
    }  # tf32, fp16: TFLOPS "with sparsity"
    for name, (tf32, fp16) in printed.items():
        assert (2 * datasheet(name).tf32 / 1e12, 2 * datasheet(name).fp16 / 1e12) == (tf32, fp16)


def test_an_sm_is_filled_by_whole_blocks_and_whole_registers():
    for limits in CAPABILITIES.values():
        assert limits.threads_per_sm % limits.threads_per_block in (0, 512)  # 8.9 holds one and a half
        assert limits.warps_per_sm * WARP == limits.threads_per_sm
        assert limits.registers_per_sm % (limits.register_unit * limits.partitions) == 0
        assert limits.shared_per_block in (64 * 1024, 163 * 1024, 99 * 1024, 227 * 1024)


def test_ridges():
    assert datasheet("h100 sxm").ridge() == pytest.approx(20.0)
    assert datasheet("A100").ridge("bf16") == pytest.approx(153.0, rel=1e-3)
    # An SM with 128 lanes starts 256 FLOP a clock and gets 128 bytes of shared memory in it: 2 FLOP a byte.
    assert [round(datasheet(name).shared_ridge, 1) for name in GPUS] == [2.0, 2.0, 1.0, 2.0, 1.0]


def test_what_the_table_does_not_have_is_named():
    with pytest.raises(ValueError, match="expected one of H100 SXM, H200, A100, L4, T4, got 'V100'"):
        datasheet("V100")
    with pytest.raises(ValueError, match="T4: expected one of fp32, fp16, got 'bf16'"):
        datasheet("T4").peak("bf16")
    with pytest.raises(ValueError, match="got 'fp8'"):
        datasheet("H200").ridge("fp8")  # pyright: ignore[reportArgumentType]
