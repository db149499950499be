"""A Gemma 3 checkpoint as Hugging Face lays it out: config.json in both dialects, safetensors in shards.

Tensors are handed out by rows, so that no more is held than is asked for. What becomes of them is not known
here. The safetensors format: https://github.com/huggingface/safetensors#format.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from glowworm.errors import UnsupportedError, WeightsError

DEFAULT_PATTERN = 6
"""Every sixth layer of Gemma 3 sees everything."""

MAX_HEADER_BYTES = 100_000_000
"""Of a shard, as the safetensors library has it."""


@dataclass(frozen=True)
class TextConfig:
    """The sizes and constants of a Gemma 3 text model, whichever way config.json spelled them."""

    vocab: int | None
    """None where the file leaves it to the tokenizer."""
    hidden: int
    ffn: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    query_pre_attn_scalar: float
    window: int
    pattern: int
    """Layer i sees everything if i + 1 is a multiple of this; the others slide."""
    context: int
    eps: float
    theta: float
    local_theta: float
    rope_factor: float | None
    """Linear scaling of the positions in the layers that see everything."""
    softcap: float | None
    tied: bool
    end_tokens: tuple[int, ...]
    """What ends an answer, by generation_config.json or config.json."""


def read_config(directory: Path) -> TextConfig:
    """The text part of config.json, its omitted keys being those of transformers' `Gemma3TextConfig`.

    Raises:
        WeightsError: config.json is missing or broken.
        UnsupportedError: it is of another architecture, or of a variant that cannot be run.
    """
    root = read_json(directory / "config.json")
    _refuse_other_architectures(root)
    config = root["text_config"] if isinstance(root.get("text_config"), dict) else root
    theta, local_theta, factor = _rope(config)
    for key, wanted in {
        "hidden_activation": "gelu_pytorch_tanh",
        "attn_logit_softcapping": None,
        "attention_bias": False,
        "use_bidirectional_attention": False,
    }.items():
        if config.get(key, wanted) not in (wanted, None):
            raise UnsupportedError(
                f"Gemma 3 with {key} = {config[key]!r} cannot be converted; use another model."
            )
    layers = _number(config, "num_hidden_layers", 26)
    head_dim = _number(config, "head_dim", 256)
    return TextConfig(
        vocab=_number(config, "vocab_size", 0) or None,
        hidden=_number(config, "hidden_size", 2304),
        ffn=_number(config, "intermediate_size", 9216),
        layers=layers,
        heads=_number(config, "num_attention_heads", 8),
        kv_heads=_number(config, "num_key_value_heads", 4),
        head_dim=head_dim,
        query_pre_attn_scalar=_number(config, "query_pre_attn_scalar", 256, float),
        window=_number(config, "sliding_window", 4096),
        pattern=_pattern(config, layers),
        context=_number(config, "max_position_embeddings", 131_072),
        eps=_number(config, "rms_norm_eps", 1e-6, float),
        theta=theta,
        local_theta=local_theta,
        rope_factor=factor,
        softcap=config.get("final_logit_softcapping") or None,
        tied=bool(config.get("tie_word_embeddings", root.get("tie_word_embeddings", True))),
        end_tokens=_end_tokens(directory, root),
    )


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file of the checkpoint; WeightsError if there is none."""
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise WeightsError(
            f"The checkpoint in {path.parent} has no {path.name}; download all of its files."
        ) from None
    except (OSError, ValueError) as error:
        raise WeightsError(f"Cannot read {path} ({error}); download it again.") from error
    if not isinstance(found, dict):
        raise WeightsError(f"{path} does not hold a JSON object; download it again.")
    return found


def _refuse_other_architectures(root: Mapping[str, Any]) -> None:
    names = root.get("architectures") or [root.get("model_type", "nothing")]
    supported = {"Gemma3ForCausalLM", "Gemma3ForConditionalGeneration", "gemma3_text", "gemma3"}
    if not supported.intersection(names):
        raise UnsupportedError(
            f"This checkpoint is {names[0]}, but only Gemma 3 can be converted "
            "(Gemma3ForCausalLM or Gemma3ForConditionalGeneration)."
        )


def _number(config: Mapping[str, Any], key: str, default: float, kind: type = int) -> Any:
    value = config.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0 or kind(value) != value:
        raise WeightsError(f"config.json says {key} = {value!r}, which makes no sense; download it again.")
    return kind(value)


def _rope(config: Mapping[str, Any]) -> tuple[float, float, float | None]:
    """Base of the full layers, base of the sliding ones, factor of the full ones.

    transformers 4 wrote `rope_theta`, `rope_local_base_freq` and `rope_scaling`; 5 has them by type of layer.
    """
    full = dict(config.get("rope_scaling") or {})
    sliding: Mapping[str, Any] = {}
    if parameters := config.get("rope_parameters"):
        full, sliding = parameters.get("full_attention", parameters), parameters.get("sliding_attention", {})
    theta = _number(full, "rope_theta", config.get("rope_theta", 1e6), float)
    local_theta = _number(sliding, "rope_theta", config.get("rope_local_base_freq", 1e4), float)
    kind = full.get("rope_type", full.get("type", "default"))
    if kind == "linear":
        return theta, local_theta, _number(full, "factor", 1.0, float)
    if kind != "default":
        raise UnsupportedError(
            f"Gemma 3 with {kind!r} rotary scaling cannot be converted; use another model."
        )
    return theta, local_theta, None


def _pattern(config: Mapping[str, Any], layers: int) -> int:
    types = config.get("layer_types")
    if not types:
        stated = config.get("sliding_window_pattern", config.get("_sliding_window_pattern", DEFAULT_PATTERN))
        return stated if isinstance(stated, int) and stated > 0 else DEFAULT_PATTERN
    for pattern in (DEFAULT_PATTERN, *range(1, layers + 2)):
        if types == ["sliding_attention" if (i + 1) % pattern else "full_attention" for i in range(layers)]:
            return pattern
    raise UnsupportedError(
        "The full layers of this model follow no regular pattern, so it cannot be converted."
    )


def _end_tokens(directory: Path, root: Mapping[str, Any]) -> tuple[int, ...]:
    path = directory / "generation_config.json"
    stated = (read_json(path) if path.exists() else {}).get("eos_token_id", root.get("eos_token_id"))
    tokens = stated if isinstance(stated, list) else [stated]
    return tuple(token for token in tokens if isinstance(token, int))


# ---------------------------------------------------------------- tensors

_BYTES = {"F32": 4, "F16": 2, "BF16": 2}


@dataclass(frozen=True)
class StoredTensor:
    """Where a tensor lies."""

    path: Path
    dtype: str
    shape: tuple[int, ...]
    offset: int


class Checkpoint:
    """The tensors of a directory of safetensors files, by name."""

    def __init__(self, directory: Path) -> None:
        """Read the headers of all shards.

        Raises:
            WeightsError: there are no shards, or one is missing, truncated or corrupt.
        """
        self.tensors: dict[str, StoredTensor] = {}
        for path in _shards(directory):
            self.tensors.update(_read_header(path))

    def rows(self, name: str, first: int, last: int) -> np.ndarray:
        """Rows [first, last) of a tensor (elements, if it has one dimension), in float32."""
        tensor = self.tensors[name]
        row_elements = prod(tensor.shape[1:])
        count = (last - first) * row_elements
        offset = tensor.offset + first * row_elements * _BYTES[tensor.dtype]
        stored = {"F32": "<f4", "F16": "<f2", "BF16": "<u2"}[tensor.dtype]
        values = np.fromfile(tensor.path, stored, count, offset=offset)
        if values.size != count:
            raise WeightsError(f"{tensor.path} has lost its end while it was read; download it again.")
        if tensor.dtype == "BF16":
            values = (values.astype(np.uint32) << 16).view(np.float32)
        return values.astype(np.float32, copy=False).reshape(last - first, *tensor.shape[1:])


def _shards(directory: Path) -> Iterable[Path]:
    index = directory / "model.safetensors.index.json"
    single = directory / "model.safetensors"
    if index.exists():
        names = read_json(index).get("weight_map")
        if not isinstance(names, dict) or not all(isinstance(name, str) for name in names.values()):
            raise WeightsError(f"{index} does not say which file holds which tensor; download it again.")
        return [directory / Path(name).name for name in sorted(set(names.values()))]
    if not single.exists() and any(directory.glob("*.bin")):
        raise UnsupportedError(
            f"The checkpoint in {directory} is in PyTorch's pickles; get it as safetensors."
        )
    return [single]


def _read_header(path: Path) -> dict[str, StoredTensor]:
    """The table at the front of a shard, checked against the file's size."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            raw = file.read(length) if length <= min(size, MAX_HEADER_BYTES) else b""
    except FileNotFoundError:
        raise WeightsError(
            f"The checkpoint in {path.parent} has no {path.name}; download all of its files."
        ) from None
    except OSError as error:
        raise WeightsError(f"Cannot read {path}: {error.strerror}; check the file.") from error
    try:
        table = json.loads(raw)
        tensors = {
            name: _stored_tensor(path, entry, 8 + length, size)
            for name, entry in table.items()
            if name != "__metadata__"
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WeightsError(f"{path} is incomplete or corrupt; download it again.") from error
    return tensors


def _stored_tensor(path: Path, entry: Mapping[str, Any], data: int, size: int) -> StoredTensor:
    dtype, shape = str(entry["dtype"]), tuple(int(n) for n in entry["shape"])
    start, end = (int(n) for n in entry["data_offsets"])
    if not 0 <= start <= end <= size - data or min(shape, default=1) < 0:
        raise ValueError("outside of the file")
    if dtype in _BYTES and prod(shape) * _BYTES[dtype] != end - start:
        raise ValueError("of another length than its shape says")
    return StoredTensor(path, dtype, shape, data + start)
