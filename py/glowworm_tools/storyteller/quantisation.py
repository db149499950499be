"""Q4_0 as the runtime will see it, inside training: the straight-through estimator.

The rule is ggml's `quantize_row_q4_0_ref`: in each group of 32 the value of largest magnitude,
sign kept, becomes -8; the scale is stored as float16 but the codes are found with the float32 one.
"""

import torch
from torch import Tensor

GROUP = 32


def q4_0_image(weight: Tensor) -> Tensor:
    """`weight` `[rows, columns]` after a round trip through Q4_0; columns must divide by 32."""
    groups = weight.reshape(-1, GROUP)
    extreme = groups.gather(1, groups.abs().argmax(dim=1, keepdim=True))
    scale = extreme / -8.0
    inverse = torch.where(scale == 0, torch.zeros_like(scale), 1.0 / scale)
    codes = torch.clamp(torch.floor(groups * inverse + 8.5), max=15.0) - 8.0
    return (codes * scale.half().float()).reshape(weight.shape)


def fake_q4_0(weight: Tensor) -> Tensor:
    """`weight`'s Q4_0 image in the forward pass, the identity in the backward one."""
    return weight + (q4_0_image(weight.detach()) - weight.detach())
