"""The storyteller's recipe as one command; see the package's docstring for the steps in order."""

import argparse
import json
import random
from pathlib import Path

from .choices import choices_json
from .mixture import generated_document

PART_NAMES = ("losses", "obedience", "variety", "safety", "conversation")
TOKENIZER_DOCUMENTS = 12_000


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m glowworm_tools.storyteller", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)

    command = commands.add_parser("choices", help="write the story page's lists of choices")
    command.add_argument("--out", type=Path, default=Path("web/story/choices.json"))
    command.set_defaults(action=_choices)

    command = commands.add_parser("generate", help="print generated stories and conversations")
    command.add_argument("--count", type=int, default=3)
    command.add_argument("--seed", type=int, default=1)
    command.set_defaults(action=_generate)

    command = commands.add_parser("tokenizer", help="learn the tokenizer")
    _add_run_folder(command)
    _add_stories(command)
    command.add_argument("--vocabulary", type=int, default=4096)
    command.set_defaults(action=_tokenizer)

    command = commands.add_parser("train", help="train, or go on with a run that was interrupted")
    _add_run_folder(command)
    _add_stories(command)
    length = command.add_mutually_exclusive_group(required=True)
    length.add_argument("--minutes", type=float, help="how long the whole run lasts, all its slices together")
    length.add_argument("--steps", type=float, help="the same, counted in steps of 4,096 tokens")
    command.add_argument("--pause-after", type=float, help="minutes (or steps) after which this slice ends")
    command.add_argument("--seed", type=int, default=1)
    _add_threads(command)
    command.add_argument("--device", default="cpu", help='"cpu" or "cuda"')
    command.add_argument(
        "--compile", action="store_true", help="faster steps after minutes of compiling (C++)"
    )
    command.set_defaults(action=_train)

    command = commands.add_parser("export", help="write the run's last checkpoint as GGUF")
    _add_run_folder(command)
    command.add_argument("--out", type=Path, default=Path("web/models/glowworm-story.gguf"))
    command.set_defaults(action=_export)

    command = commands.add_parser("sample", help="ask an exported model")
    command.add_argument("model", type=Path)
    command.add_argument("request")
    command.add_argument("--count", type=int, default=1)
    command.add_argument("--seed", type=int, default=1)
    command.add_argument("--temperature", type=float)
    command.set_defaults(action=_sample)

    command = commands.add_parser("evaluate", help="measure an exported model")
    command.add_argument("model", type=Path)
    command.add_argument("--parts", nargs="+", choices=PART_NAMES, default=PART_NAMES)
    command.add_argument("--stories", type=Path, help="folder with text held out, for the losses")
    command.add_argument("--run", type=Path, help="folder of the run, for the losses before quantisation")
    command.add_argument("--count", type=int, default=200, help="answers a part judges")
    _add_threads(command)
    command.add_argument("--temperature", type=float)
    command.set_defaults(action=_evaluate)

    arguments = parser.parse_args()
    arguments.action(arguments)


def _add_threads(command: argparse.ArgumentParser) -> None:
    command.add_argument("--threads", type=int, default=2, help="no more than there are idle cores")


def _add_stories(command: argparse.ArgumentParser) -> None:
    command.add_argument("--stories", type=Path, required=True, help="folder with stories.jsonl.xz")


def _add_run_folder(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--folder", type=Path, required=True, help="folder of the run: tokenizer, checkpoint, log"
    )


def _choices(arguments: argparse.Namespace) -> None:
    arguments.out.write_text(choices_json(), encoding="utf-8")


def _generate(arguments: argparse.Namespace) -> None:
    for number in range(arguments.count):
        rng = random.Random(arguments.seed + number)
        for said, answer in generated_document(rng).turns:
            print(f"> {said}\n\n{answer}\n")
        print("-" * 40)


# The commands below need the packages of the "train" extra; they are imported where they are used,
# so that the two above run without them.


def _tokenizer(arguments: argparse.Namespace) -> None:
    from .corpus import read_stories
    from .mixture import PRETRAINING, Documents
    from .tokenizer import StoryTokenizer

    documents = Documents(read_stories(arguments.stories), seed=99)
    texts = (
        text
        for number in range(TOKENIZER_DOCUMENTS)
        for turn in documents.document(number, PRETRAINING).turns
        for text in turn
    )
    arguments.folder.mkdir(parents=True, exist_ok=True)
    StoryTokenizer.train(texts, arguments.vocabulary).save(arguments.folder / "tokenizer.json")


def _train(arguments: argparse.Namespace) -> None:
    import torch

    from .corpus import read_stories
    from .mixture import Documents
    from .model import StoryConfig
    from .tokenizer import StoryTokenizer
    from .train import Budget, Run, TrainingPlan

    torch.set_num_threads(arguments.threads)
    tokenizer = StoryTokenizer.load(arguments.folder / "tokenizer.json")
    run = Run(
        arguments.folder,
        tokenizer,
        Documents(read_stories(arguments.stories), arguments.seed),
        TrainingPlan(seed=arguments.seed),
        StoryConfig(vocab_size=len(tokenizer)),
        arguments.device,
        arguments.compile,
    )
    in_steps = arguments.steps is not None
    total = arguments.steps if in_steps else arguments.minutes
    run.train(Budget(total, arguments.pause_after, in_steps))


def _export(arguments: argparse.Namespace) -> None:
    from .export import export_gguf
    from .tokenizer import StoryTokenizer
    from .train import load_checkpoint

    tokenizer = StoryTokenizer.load(arguments.folder / "tokenizer.json")
    export_gguf(load_checkpoint(arguments.folder), tokenizer, arguments.out)
    print(f"{arguments.out}: {arguments.out.stat().st_size:,} bytes")


def _sample(arguments: argparse.Namespace) -> None:
    from .export import load_gguf
    from .sample import Sampling, answer_many

    model, tokenizer = load_gguf(arguments.model)
    sampling = Sampling() if arguments.temperature is None else Sampling(temperature=arguments.temperature)
    for answer in answer_many(
        model, tokenizer, [[arguments.request]] * arguments.count, sampling, arguments.seed
    ):
        print(answer.text + "\n")


def _evaluate(arguments: argparse.Namespace) -> None:
    import torch

    from .evaluate import PARTS, Evaluation
    from .sample import Sampling

    torch.set_num_threads(arguments.threads)
    sampling = Sampling() if arguments.temperature is None else Sampling(temperature=arguments.temperature)
    evaluation = Evaluation(arguments.model, arguments.stories, arguments.run, arguments.count, sampling)
    for part in arguments.parts:
        print(json.dumps(PARTS[part](evaluation), indent=2), flush=True)


if __name__ == "__main__":
    main()
