"""The storyteller's recipe as one command; see the package's docstring for the steps in order."""

import argparse
import json
import random
from pathlib import Path
from typing import TYPE_CHECKING

from .choices import choices_json
from .mixture import generated_document

if TYPE_CHECKING:
    from .corpus import ReadStory
    from .tokenizer import StoryTokenizer

PART_NAMES = ("losses", "obedience", "variety", "safety", "conversation", "follow_ups")
VOCABULARY = 4096
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

    command = commands.add_parser("train", help="the whole recipe, or the rest of one that was interrupted")
    command.add_argument(
        "--folder", type=Path, required=True, help="folder of the run: tokenizer, checkpoint, log, model.gguf"
    )
    command.add_argument("--stories", type=Path, required=True, help="folder with stories.jsonl.xz")
    length = command.add_mutually_exclusive_group(required=True)
    length.add_argument("--minutes", type=float, help="how long the whole run lasts, all its slices together")
    length.add_argument("--steps", type=float, help="the same, counted in steps of 4,096 tokens")
    command.add_argument("--pause-after", type=float, help="minutes (or steps) after which this slice ends")
    command.add_argument(
        "--polish", action="store_true", help="a run that has ended goes on with half an ending, not a trunk"
    )
    command.add_argument("--seed", type=int, default=1)
    _add_threads(command)
    command.add_argument("--device", default="cpu", help='"cpu" or "cuda"')
    command.add_argument(
        "--compile", action="store_true", help="faster steps after minutes of compiling (C++)"
    )
    command.set_defaults(action=_train)

    command = commands.add_parser("sample", help="ask an exported model")
    command.add_argument("model", type=Path)
    command.add_argument("request", nargs="?", help="what to ask; requests of every kind if it is left out")
    command.add_argument("--count", type=int, default=1)
    command.add_argument("--seed", type=int, default=1)
    command.add_argument("--temperature", type=float)
    command.set_defaults(action=_sample)

    command = commands.add_parser("evaluate", help="measure an exported model")
    command.add_argument("model", type=Path)
    command.add_argument("--parts", nargs="+", choices=PART_NAMES, default=PART_NAMES)
    command.add_argument("--stories", type=Path, help="folder with text held out, for the losses")
    command.add_argument("--run", type=Path, help="folder of the run, for the losses before quantisation")
    command.add_argument("--count", type=int, help="answers each part judges, if not the usual number")
    _add_threads(command)
    command.add_argument("--temperature", type=float)
    command.set_defaults(action=_evaluate)

    arguments = parser.parse_args()
    arguments.action(arguments)


def _add_threads(command: argparse.ArgumentParser) -> None:
    command.add_argument("--threads", type=int, default=2, help="no more than there are idle cores")


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


def _train(arguments: argparse.Namespace) -> None:
    import torch

    from .corpus import read_stories
    from .export import export_gguf
    from .mixture import Documents
    from .model import StoryConfig
    from .train import Budget, Run, TrainingPlan, load_checkpoint

    torch.set_num_threads(arguments.threads)
    folder, stories = arguments.folder, read_stories(arguments.stories)
    tokenizer = _tokenizer(folder, stories)
    run = Run(
        folder,
        tokenizer,
        Documents(stories, arguments.seed),
        TrainingPlan(seed=arguments.seed),
        StoryConfig(vocab_size=len(tokenizer)),
        arguments.device,
        arguments.compile,
    )
    in_steps = arguments.steps is not None
    total = arguments.steps if in_steps else arguments.minutes
    run.train(Budget(total, arguments.pause_after, in_steps, arguments.polish))
    if run.position.ended == 1:
        path = folder / "model.gguf"
        export_gguf(load_checkpoint(folder), tokenizer, path)
        print(f"{path}: {path.stat().st_size:,} bytes")


def _tokenizer(folder: Path, stories: "list[ReadStory]") -> "StoryTokenizer":
    """The run's tokenizer; learnt from the documents of a seed of its own when there is none yet."""
    from .mixture import PRETRAINING, Documents
    from .tokenizer import StoryTokenizer

    path = folder / "tokenizer.json"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        documents = Documents(stories, seed=99)
        texts = (
            text
            for number in range(TOKENIZER_DOCUMENTS)
            for turn in documents.document(number, PRETRAINING).turns
            for text in turn
        )
        StoryTokenizer.train(texts, VOCABULARY).save(path)
    return StoryTokenizer.load(path)


def _sample(arguments: argparse.Namespace) -> None:
    from .export import load_gguf
    from .grammar import random_story
    from .sample import Sampling, answer_many

    model, tokenizer = load_gguf(arguments.model)
    sampling = Sampling() if arguments.temperature is None else Sampling(temperature=arguments.temperature)
    numbers = range(arguments.seed, arguments.seed + arguments.count)
    requests = [arguments.request or random_story(random.Random(number)).request for number in numbers]
    conversations = [[request] for request in requests]
    answers = answer_many(model, tokenizer, conversations, sampling, arguments.seed)
    for request, answer in zip(requests, answers, strict=True):
        print(f"> {request}\n\n{answer.text}\n")


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
