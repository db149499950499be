"""The recipe of the model that ships with the site: Gemma 3's shape, ten million parameters.

From nothing to the file, and what it is worth (PyTorch and the other needs come with the "train" extra):

    python -m glowworm_tools.storyteller train --folder RUN --stories STORIES --steps 4500 --compile
    python -m glowworm_tools.storyteller evaluate RUN/model.gguf --stories STORIES --run RUN

RUN is any folder. `train` learns the tokenizer, pretrains, teaches to answer, quantises and writes
`model.gguf`, all from seeds; it goes on where it was interrupted when it is given again.
`--pause-after 1000` trains a slice; as long as the run's ending has not begun, the next slice may name
more steps. A run that has ended goes on when it is given more steps: with another trunk and another ending,
or, told to `--polish`, with half an ending, which is enough for a small change of the data. RUN's `trunk.pt`
is the run before its last ending: copied over `checkpoint.pt`, it lets the trunk go on as if that ending had
not been. `--minutes` instead of `--steps` fits a run into a night whatever the machine; it is then
not the same on every machine. A GPU is used with `--device cuda`. On Linux, a CPU trains by a third faster if
freed memory is kept:
`GLIBC_TUNABLES=glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=17179869184` before the command.
STORIES holds the text that is not part of the project (`corpus.py` says what). `generate` prints stories,
ideas and conversations of the grammar, `sample` asks a model, `choices` writes what the story page offers.

Modules, from the words to the file. `data` and its folder hold what stories are made of; `wording` fills
templates; `lexicon` and `names` draw words, listed, held out and made up; `heroes`, `places`, `plots` and
`lessons` are a story's parts, `wishes` what may be asked for, `requests` how; `cast` is a story's state,
`grammar` tells it, `questions`, `conversation` and `small_talk` talk about it. `corpus`, `suitability` and
`reading` choose and word read stories; `mixture` is the stream of it all. `tokenizer`, `chat_format`,
`batches`, `model`, `quantisation`, `schedule` and `train` learn; `export` writes; `sample`, `judge` and
`evaluate` judge.
"""
