"""Conversion of Hugging Face checkpoints. (15 s)

The checkpoints are made from the golden models of tests/fixtures/gemma3: the values that these stand for,
written as Hugging Face writes them. Converted to the same type they must give the same file again, down to
the bit.
"""

import asyncio
import json
import resource
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
import tokenizers
from gguf.quants import dequantize, quantize
from glowworm.errors import UnsupportedError, WeightsError
from glowworm.text.tokenizer import Tokenizer
from glowworm.weights.gguf import GgmlType, GgufFile, read_gguf
from glowworm.weights.source import FileSource
from glowworm_tools.checkpoint import read_config
from glowworm_tools.convert import LAYER_TENSORS, convert, main
from glowworm_tools.hf_tokenizer import read_vocabulary
from safetensors.numpy import load_file, save_file
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors, trainers

FIXTURES = Path(__file__).parents[1] / "fixtures" / "gemma3"
HF_NAMES = {gguf_name: hf_name for hf_name, gguf_name in LAYER_TENSORS.items()}


def read(path: Path) -> GgufFile:
    with FileSource(path) as source:
        return asyncio.run(read_gguf(source))


def values_of(path: Path) -> dict[str, np.ndarray]:
    """Every tensor of a GGUF file, dequantised, in float32."""
    values = {}
    for name, info in read(path).tensors.items():
        stored = np.fromfile(path, np.uint8, info.nbytes, offset=info.offset)
        kind = gguf.GGMLQuantizationType(info.ggml_type)
        values[name] = (
            dequantize(stored.reshape(info.shape[0], -1), kind).reshape(info.shape).astype(np.float32)
        )
    return values


# ---------------------------------------------------------------- checkpoints


def hf_config(name: str, dialect: int) -> dict[str, Any]:
    """config.json of a golden model, as transformers 4 or 5 would write it."""
    model = json.loads((FIXTURES / f"{name}.json").read_text())["model"]
    config = {
        "architectures": ["Gemma3ForCausalLM"],
        "model_type": "gemma3_text",
        "vocab_size": model["vocab"],
        "hidden_size": model["hidden"],
        "intermediate_size": model["ffn"],
        "num_hidden_layers": model["layers"],
        "num_attention_heads": model["heads"],
        "num_key_value_heads": model["kv_heads"],
        "head_dim": model["head_dim"],
        "query_pre_attn_scalar": model["query_pre_attn_scalar"] or model["head_dim"],
        "sliding_window": model["window"],
        "rms_norm_eps": model["eps"],
        "max_position_embeddings": 512,
        "final_logit_softcapping": model["softcap"],
        "eos_token_id": [1, 5],
    }
    scaling = {"rope_type": "linear", "factor": model["rope_factor"]} if model["rope_factor"] else None
    if dialect == 4:
        config |= {
            "sliding_window_pattern": model["pattern"],
            "rope_theta": model["theta"],
            "rope_local_base_freq": model["local_theta"],
            "rope_scaling": scaling,
        }
    else:
        full = [(i + 1) % model["pattern"] == 0 for i in range(model["layers"])]
        config |= {
            "layer_types": ["full_attention" if is_full else "sliding_attention" for is_full in full],
            "rope_parameters": {
                "full_attention": {"rope_theta": model["theta"]} | (scaling or {"rope_type": "default"}),
                "sliding_attention": {"rope_theta": model["local_theta"], "rope_type": "default"},
            },
        }
    return config


def hf_name(name: str) -> str:
    if not name.startswith("blk."):
        return {"token_embd.weight": "embed_tokens.weight", "output_norm.weight": "norm.weight"}[name]
    _, layer, short, _ = name.split(".")
    return f"layers.{layer}.{HF_NAMES[short]}.weight"


def write_tokenizer(directory: Path, file: GgufFile) -> None:
    """tokenizer.json of the vocabulary in `file`, its merges all the ways to make a piece, as Gemma's."""
    tokens = [token.decode() for token in file.metadata["tokenizer.ggml.tokens"]]
    types, scores = file.metadata["tokenizer.ggml.token_type"], file.metadata["tokenizer.ggml.scores"]
    normal = {tokens[i]: scores[i] for i in range(len(tokens)) if types[i] == 1}
    merges = [
        (piece[:cut], piece[cut:])
        for piece in sorted(normal, key=lambda piece: -normal[piece])
        for cut in range(1, len(piece))
        if piece[:cut] in normal and piece[cut:] in normal
    ]
    model = models.BPE(
        {token: i for i, token in enumerate(tokens)},
        merges,
        unk_token="<unk>",
        fuse_unk=True,
        byte_fallback=True,
    )
    tokenizer = tokenizers.Tokenizer(model)
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    tokenizer.post_processor = processors.TemplateProcessing("<bos> $A", "<bos> $A $B", [("<bos>", 2)])
    tokenizer.add_special_tokens(["<pad>", "<eos>", "<bos>", "<start_of_turn>", "<end_of_turn>"])
    tokenizer.add_tokens(["\n"])
    tokenizer.save(str(directory / "tokenizer.json"))
    config = {f"{key}_token": f"<{key}>" for key in ("bos", "eos", "pad", "unk")} | {"add_bos_token": True}
    (directory / "tokenizer_config.json").write_text(json.dumps(config | {"add_eos_token": False}))
    if template := file.metadata.get("tokenizer.chat_template"):
        (directory / "chat_template.jinja").write_text(template)


def write_checkpoint(
    directory: Path, name: str, dialect: int = 4, prefix: str = "model.", shards: int = 1
) -> dict[str, np.ndarray]:
    """The golden model `name` as a checkpoint in float32; returns its values under GGUF's names."""
    directory.mkdir(exist_ok=True)
    config = hf_config(name, dialect)
    if prefix != "model.":
        config = {
            "architectures": ["Gemma3ForConditionalGeneration"],
            "model_type": "gemma3",
            "text_config": config,
            "vision_config": {"hidden_size": 8},
            "eos_token_id": [1, 5],
        }
    (directory / "config.json").write_text(json.dumps(config))
    write_tokenizer(directory, read(FIXTURES / f"{name}.gguf"))
    values = values_of(FIXTURES / f"{name}.gguf")
    tensors = {
        prefix + hf_name(key): value - 1 if value.ndim == 1 else value for key, value in values.items()
    }
    if prefix != "model.":
        tensors["vision_tower.vision_model.post_layernorm.weight"] = np.ones(8, np.float32)
        tensors["multi_modal_projector.mm_soft_emb_norm.weight"] = np.ones(8, np.float32)
    if shards == 1:
        save_file(tensors, directory / "model.safetensors")
        return values
    files = {key: f"model-{1 + i % shards:05}-of-{shards:05}.safetensors" for i, key in enumerate(tensors)}
    for file in set(files.values()):
        save_file({key: tensors[key] for key in tensors if files[key] == file}, directory / file)
    (directory / "model.safetensors.index.json").write_text(json.dumps({"weight_map": files}))
    return values


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    write_checkpoint(tmp_path / "hf", "q8_0")
    return tmp_path / "hf"


# ---------------------------------------------------------------- what is written


@pytest.mark.parametrize(
    ("name", "dialect", "prefix", "shards"),
    [
        ("q8_0", 4, "model.", 1),
        ("q8_0", 5, "model.", 3),
        ("q4_0", 4, "language_model.model.", 2),
        ("q4_0", 5, "model.language_model.", 1),
    ],
)
def test_gives_the_golden_file_again(
    name: str, dialect: int, prefix: str, shards: int, tmp_path: Path
) -> None:
    write_checkpoint(tmp_path / "hf", name, dialect, prefix, shards)
    out = tmp_path / "out.gguf"
    assert convert(tmp_path / "hf", out, name) == []
    ours, golden = read(out), read(FIXTURES / f"{name}.gguf")

    assert {key: t.shape for key, t in ours.tensors.items()} == {
        key: t.shape for key, t in golden.tensors.items()
    }
    ours_bytes, golden_bytes = out.read_bytes(), (FIXTURES / f"{name}.gguf").read_bytes()
    for key, tensor in golden.tensors.items():
        mine = ours.tensors[key]
        assert mine.ggml_type == tensor.ggml_type
        assert (
            ours_bytes[mine.offset : mine.offset + mine.nbytes]
            == golden_bytes[tensor.offset : tensor.offset + tensor.nbytes]
        ), key

    skipped = "tokenizer.ggml.scores", "tokenizer.ggml.token_type", "tokenizer.ggml.eot_token_id"
    general = {key for key in ours.metadata if key.startswith("general.")}
    assert general >= {"general.architecture", "general.name", "general.type", "general.file_type"}
    assert set(ours.metadata) - general == {key for key in golden.metadata if not key.startswith("general.")}
    for key in set(golden.metadata) - general - set(skipped):
        assert ours.metadata[key] == golden.metadata[key], key
    assert ours.metadata["tokenizer.ggml.eot_token_id"] == 5


def test_scores_and_types_are_those_of_the_vocabulary(checkpoint: Path) -> None:
    golden = read(FIXTURES / "q8_0.gguf").metadata
    vocabulary = read_vocabulary(checkpoint, None)
    assert vocabulary.tokens == list(golden["tokenizer.ggml.tokens"])
    types = golden["tokenizer.ggml.token_type"]
    types[3] = int(gguf.TokenType.UNKNOWN)
    assert vocabulary.types == types.tolist()
    normal = [i for i, kind in enumerate(types) if kind == 1]
    assert [vocabulary.scores[i] for i in normal] == [golden["tokenizer.ggml.scores"][i] for i in normal]
    assert vocabulary.missing_merges == 0 and not vocabulary.add_space_prefix


def test_our_names_are_llama_cpps() -> None:
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.GEMMA3, 3)
    for inner, ours in LAYER_TENSORS.items():
        assert names.get_name(f"model.layers.2.{inner}") == f"blk.2.{ours}"
    assert names.get_name("model.embed_tokens") == "token_embd"
    assert names.get_name("model.norm") == "output_norm"
    assert names.get_name("lm_head") == "output"


@pytest.mark.parametrize("kind", ["q4_0", "q8_0", "f16"])
def test_values_agree_with_the_gguf_package(kind: str, tmp_path: Path) -> None:
    source = write_checkpoint(tmp_path / "hf", "f32")
    remarks = convert(tmp_path / "hf", tmp_path / "out.gguf", kind)
    reader = gguf.GGUFReader(tmp_path / "out.gguf")
    fallbacks = 0
    for tensor in reader.tensors:
        value = source[tensor.name]
        got = dequantize(tensor.data, tensor.tensor_type).reshape(value.shape)
        if value.ndim == 1:
            assert tensor.tensor_type == gguf.GGMLQuantizationType.F32
            assert np.array_equal(got, value), tensor.name
            continue
        expected_type = gguf.GGMLQuantizationType[kind.upper()]
        if value.shape[-1] % 32 and kind != "f16":
            expected_type, fallbacks = gguf.GGMLQuantizationType.F16, fallbacks + 1
        assert tensor.tensor_type == expected_type
        assert np.array_equal(
            got, dequantize(quantize(value, expected_type), expected_type).reshape(value.shape)
        )
        step = {"Q4_0": 1 / 7, "Q8_0": 1 / 200, "F16": 1 / 2000}[expected_type.name]
        assert np.abs(got - value).max() <= step * np.abs(value).max()
    assert bool(fallbacks) == (kind != "f16") == bool(remarks)


def test_embedding_of_another_type(checkpoint: Path, tmp_path: Path) -> None:
    convert(checkpoint, tmp_path / "out.gguf", "q4_0", embedding="q8_0")
    tensors = read(tmp_path / "out.gguf").tensors
    assert tensors["token_embd.weight"].ggml_type == GgmlType.Q8_0
    assert tensors["blk.0.ffn_up.weight"].ggml_type == GgmlType.Q4_0


def test_bfloat16_and_spare_rows(checkpoint: Path, tmp_path: Path) -> None:
    """The hub's files are in bfloat16, and their embeddings may be longer than the vocabulary."""
    source = {"model." + hf_name(name): value for name, value in values_of(FIXTURES / "q8_0.gguf").items()}
    source["model.embed_tokens.weight"] = np.pad(source["model.embed_tokens.weight"], [(0, 9), (0, 0)])
    header, data = {}, b""
    for name, value in source.items():
        bits = (value.view(np.uint32) >> 16).astype("<u2").tobytes()
        header[name] = {
            "dtype": "BF16",
            "shape": value.shape,
            "data_offsets": [len(data), len(data) + len(bits)],
        }
        data += bits
    head = json.dumps(header).encode()
    (checkpoint / "model.safetensors").write_bytes(struct.pack("<Q", len(head)) + head + data)
    convert(checkpoint, tmp_path / "out.gguf", "f16")
    for name, value in values_of(tmp_path / "out.gguf").items():
        expected = (source["model." + hf_name(name)].view(np.uint32) >> 16 << 16).view(np.float32)
        if value.ndim == 1:
            assert np.array_equal(value, expected + 1)
        else:
            assert np.array_equal(value, expected[: len(value)].astype(np.float16)), name


def test_an_untied_head_is_written(checkpoint: Path, tmp_path: Path) -> None:
    config = hf_config("q8_0", 4) | {"tie_word_embeddings": False}
    (checkpoint / "config.json").write_text(json.dumps(config))
    with pytest.raises(WeightsError, match="lm_head"):
        convert(checkpoint, tmp_path / "out.gguf")
    head = np.ones((config["vocab_size"], config["hidden_size"]), np.float32)
    tensors = load_file(checkpoint / "model.safetensors") | {"lm_head.weight": head}
    save_file(tensors, checkpoint / "model.safetensors")
    convert(checkpoint, tmp_path / "out.gguf", "f16")
    assert np.array_equal(values_of(tmp_path / "out.gguf")["output.weight"], head)


def test_config_defaults_are_transformers(tmp_path: Path) -> None:
    """Hub files leave out what is the default; `vocab_size` is then the tokenizer's."""
    (tmp_path / "config.json").write_text(
        '{"architectures": ["Gemma3ForConditionalGeneration"], "text_config": {}}'
    )
    config = read_config(tmp_path)
    assert (config.hidden, config.ffn, config.layers, config.heads, config.kv_heads) == (2304, 9216, 26, 8, 4)
    assert (config.head_dim, config.window, config.pattern, config.context) == (256, 4096, 6, 131_072)
    assert (config.theta, config.local_theta, config.rope_factor, config.eps) == (1e6, 1e4, None, 1e-6)
    assert config.vocab is None and config.tied and config.query_pre_attn_scalar == 256


# ---------------------------------------------------------------- the tokenizer


def train_tokenizer(directory: Path) -> tokenizers.Tokenizer:
    """An ordinary BPE with byte fallback, such as one trains oneself: each piece is made in one way only."""
    tokenizer = tokenizers.Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    special = ["<pad>", "<eos>", "<bos>", "<unk>"]
    special += [f"<0x{byte:02X}>" for byte in range(256)]
    trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator(["the cat sat on the other mat and then thanked them all"] * 3, trainer)
    tokenizer.save(str(directory / "tokenizer.json"))
    return tokenizer


def test_merges_that_are_not_sentencepieces_are_remarked(checkpoint: Path, tmp_path: Path) -> None:
    trained = train_tokenizer(checkpoint)
    config = hf_config("q8_0", 4) | {"vocab_size": trained.get_vocab_size()}
    (checkpoint / "config.json").write_text(json.dumps(config))
    assert read_vocabulary(checkpoint, None).missing_merges > 0
    assert any("split differently" in remark for remark in convert(checkpoint, tmp_path / "out.gguf"))


def test_vocabulary_is_cut_or_filled_to_size(checkpoint: Path) -> None:
    short = read_vocabulary(checkpoint, 300)
    assert len(short.tokens) == len(short.scores) == len(short.types) == 300
    long = read_vocabulary(checkpoint, 600)
    assert long.tokens[-1] == b"[PAD599]" and long.types[-1] == int(gguf.TokenType.UNUSED)


def test_text_is_split_as_tokenizers_splits_it(checkpoint: Path, tmp_path: Path) -> None:
    convert(checkpoint, tmp_path / "out.gguf")
    ours = Tokenizer.from_gguf(read(tmp_path / "out.gguf").metadata)
    theirs = tokenizers.Tokenizer.from_file(str(checkpoint / "tokenizer.json"))
    for sample in [
        "Once upon a time",
        " there  was\na rabbit",
        "Ünïcödé 🐇 and the moon",
        "",
        "aaaaabbbbb the the",
    ]:
        assert ours.encode(sample, bos=False) == theirs.encode(sample, add_special_tokens=False).ids, sample


# ---------------------------------------------------------------- refusals


def edit_json(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def breakages() -> Iterator[tuple[str, Any, type[Exception], str]]:
    def config(**changes: Any) -> Any:
        return lambda directory: edit_json(directory / "config.json", **changes)

    yield "no folder", lambda d: d.rename(d.with_name("moved")), WeightsError, "no folder"
    yield "no config", lambda d: (d / "config.json").unlink(), WeightsError, "no config.json"
    yield "bad config", lambda d: (d / "config.json").write_text("{"), WeightsError, "Cannot read"
    yield "no weights", lambda d: (d / "model.safetensors").unlink(), WeightsError, "no model.safetensors"
    yield "no tokenizer", lambda d: (d / "tokenizer.json").unlink(), WeightsError, "no tokenizer.json"
    yield "bad tokenizer", lambda d: edit_json(d / "tokenizer.json", added_tokens=[3]), WeightsError, "broken"
    yield (
        "unigram",
        lambda d: edit_json(d / "tokenizer.json", model={"type": "Unigram"}),
        UnsupportedError,
        "BPE",
    )
    yield (
        "bad tokenizer_config",
        lambda d: (d / "tokenizer_config.json").write_text("["),
        WeightsError,
        "Cannot",
    )
    yield "llama", config(architectures=["LlamaForCausalLM"]), UnsupportedError, "LlamaForCausalLM"
    yield "embedding model", config(use_bidirectional_attention=True), UnsupportedError, "bidirectional"
    yield "other activation", config(hidden_activation="silu"), UnsupportedError, "silu"
    yield "yarn", config(rope_scaling={"rope_type": "yarn", "factor": 2.0}), UnsupportedError, "yarn"
    yield (
        "irregular",
        config(layer_types=["full_attention"] + ["sliding_attention"] * 7),
        UnsupportedError,
        "regular",
    )
    yield "text for number", config(head_dim="many"), WeightsError, "'many'"
    yield "more layers", config(num_hidden_layers=9), WeightsError, "layers.8.input_layernorm"
    yield "fewer layers", config(num_hidden_layers=7), UnsupportedError, "layers.7."
    yield "wrong shape", config(intermediate_size=96), WeightsError, "(160, 96)"
    yield "too short embedding", config(vocab_size=9999), WeightsError, "9999"
    yield "truncated shard", truncate, WeightsError, "incomplete"
    yield "pickles", only_pickles, UnsupportedError, "pickles"
    yield "lost shard", lose_shard, WeightsError, "no model-00002-of-00002.safetensors"
    yield "8 bits", in_8_bits, UnsupportedError, "F8_E4M3"


def truncate(directory: Path) -> None:
    path = directory / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1])


def only_pickles(directory: Path) -> None:
    (directory / "model.safetensors").rename(directory / "pytorch_model.bin")


def lose_shard(directory: Path) -> None:
    (directory / "model.safetensors").unlink()
    write_checkpoint(directory, "q8_0", shards=2)
    (directory / "model-00002-of-00002.safetensors").unlink()


def in_8_bits(directory: Path) -> None:
    """One tensor as hubs have it in quantised checkpoints."""
    path = directory / "model.safetensors"
    raw = path.read_bytes()
    length = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + length])
    header["model.layers.0.mlp.up_proj.weight"]["dtype"] = "F8_E4M3"
    head = json.dumps(header).encode()
    path.write_bytes(len(head).to_bytes(8, "little") + head + raw[8 + length :])


@pytest.mark.parametrize(("breaks", "kind", "says"), [pytest.param(*b[1:], id=b[0]) for b in breakages()])
def test_refuses_with_a_sentence(
    breaks: Any, kind: type[Exception], says: str, checkpoint: Path, tmp_path: Path
) -> None:
    breaks(checkpoint)
    (tmp_path / "out").mkdir()
    with pytest.raises(kind) as caught:
        convert(checkpoint, tmp_path / "out" / "model.gguf")
    message = str(caught.value)
    assert says in message and message.endswith(".") and "\n" not in message
    assert list((tmp_path / "out").iterdir()) == []


def test_a_full_disk_leaves_the_old_file(checkpoint: Path, tmp_path: Path) -> None:
    out = tmp_path / "out" / "model.gguf"
    out.parent.mkdir()
    out.write_bytes(b"old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(WeightsError, match="Cannot write"):
            convert(checkpoint, out)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [path.name for path in out.parent.iterdir()] == ["model.gguf"]
    assert out.read_bytes() == b"old"
    convert(checkpoint, out)
    assert read(out).tensors


def test_command_line(checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.gguf"
    assert main([str(checkpoint), "--out", str(out), "--type", "q8_0", "--embedding", "f16"]) == 0
    assert "Wrote" in capsys.readouterr().out
    assert read(out).tensors["token_embd.weight"].ggml_type == GgmlType.F16
    assert main([str(tmp_path / "absent"), "--out", str(out)]) == 1
    assert "There is no folder" in capsys.readouterr().err


# ---------------------------------------------------------------- llama.cpp, where it is installed


def test_llama_cpp_answers_as_transformers_does(tmp_path: Path) -> None:
    """`pip install llama-cpp-python` compiles for minutes, so this runs only where somebody has done that."""
    llama_cpp = pytest.importorskip("llama_cpp")
    write_checkpoint(tmp_path / "hf", "q8_0")
    convert(tmp_path / "hf", tmp_path / "out.gguf", "f16")
    llama = llama_cpp.Llama(
        str(tmp_path / "out.gguf"), n_ctx=256, n_threads=2, logits_all=True, verbose=False
    )
    golden = np.load(FIXTURES / "q8_0.npz")
    for name, case in json.loads((FIXTURES / "q8_0.json").read_text())["cases"].items():
        llama.reset()
        llama.eval(case["input_ids"])
        logits = golden[f"{name}.logits"]
        error = np.abs(llama.scores[golden[f"{name}.positions"]] - logits).max()
        assert error < 5e-3 * np.ptp(logits)  # of its f16 arithmetic
        for token, margin in zip(case["greedy"], case["margins"], strict=True):
            if margin < 2 * error:
                break
            assert int(llama.scores[llama.n_tokens - 1].argmax()) == token
            llama.eval([token])
