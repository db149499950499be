"""The storyteller's recipe as one command; see the package's docstring for the steps in order."""

import argparse
import itertools
import json
import random
from pathlib import Path

from .choices import choices_json
from .grammar import random_story


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m glowworm_tools.storyteller", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)

    command = commands.add_parser("choices", help="write the story page's lists of choices")
    command.add_argument("--out", type=Path, default=Path("web/story/choices.json"))
    command.set_defaults(action=_choices)

    command = commands.add_parser("generate", help="print generated requests and stories")
    command.add_argument("--count", type=int, default=3)
    command.add_argument("--seed", type=int, default=1)
    command.set_defaults(action=_generate)

    command = commands.add_parser("tokenizer", help="learn the tokenizer")
    _add_run_folder(command)
    command.add_argument("--stories", type=Path, required=True, help="folder with stories.jsonl.xz")
    command.add_argument("--vocabulary", type=int, default=4096)
    command.set_defaults(action=_tokenizer)

    command = commands.add_parser("train", help="train, or go on with a run that was interrupted")
    _add_run_folder(command)
    command.add_argument("--stories", type=Path, required=True, help="folder with stories.jsonl.xz")
    command.add_argument("--steps", type=int, help="steps of 2,048 tokens in all")
    command.add_argument("--seed", type=int)
    command.add_argument("--threads", type=int, default=2)
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

    command = commands.add_parser(
        "evaluate", help="measure an exported model: losses, obedience, distinctness"
    )
    command.add_argument("model", type=Path)
    command.add_argument("--stories", type=Path, required=True, help="folder with tinystories_valid_part.txt")
    command.add_argument(
        "--run", type=Path, help="folder of the run, to compare with the weights before quantisation"
    )
    command.add_argument("--count", type=int, default=100, help="stories to judge")
    command.set_defaults(action=_evaluate)

    arguments = parser.parse_args()
    arguments.action(arguments)


def _add_run_folder(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--folder", type=Path, required=True, help="folder of the run: tokenizer, checkpoint, log"
    )


def _choices(arguments: argparse.Namespace) -> None:
    arguments.out.write_text(choices_json(), encoding="utf-8")


def _generate(arguments: argparse.Namespace) -> None:
    rng = random.Random(arguments.seed)
    for _ in range(arguments.count):
        story = random_story(rng)
        print(f"> {story.request}\n\n{story.text}\n")


# The commands below need the packages of the "train" extra; they are imported where they are used,
# so that the two above run without them.


def _tokenizer(arguments: argparse.Namespace) -> None:
    from .corpus import read_stories, training_documents
    from .tokenizer import StoryTokenizer

    documents = training_documents(read_stories(arguments.stories), seed=99, read_share=0.3)
    texts = (
        text for document in itertools.islice(documents, 8000) for turn in document.turns for text in turn
    )
    arguments.folder.mkdir(parents=True, exist_ok=True)
    StoryTokenizer.train(texts, arguments.vocabulary).save(arguments.folder / "tokenizer.json")


def _train(arguments: argparse.Namespace) -> None:
    import torch

    from .corpus import read_stories
    from .model import StoryConfig
    from .tokenizer import StoryTokenizer
    from .train import Run, TrainingPlan

    torch.set_num_threads(arguments.threads)
    given = {name: value for name in ("steps", "seed") if (value := getattr(arguments, name)) is not None}
    tokenizer = StoryTokenizer.load(arguments.folder / "tokenizer.json")
    config = StoryConfig(vocab_size=len(tokenizer))
    stories = read_stories(arguments.stories)
    Run(arguments.folder, tokenizer, stories, TrainingPlan(**given), config, arguments.compile).train()


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
    from .evaluate import evaluate

    print(json.dumps(evaluate(arguments.model, arguments.stories, arguments.run, arguments.count), indent=2))


if __name__ == "__main__":
    main()
