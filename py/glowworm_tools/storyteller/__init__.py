"""The recipe of the model that ships with the site: Gemma 3's shape, ten million parameters.

From nothing to the file, in order (PyTorch and the other needs come with the "train" extra):

    python -m glowworm_tools.storyteller tokenizer --folder RUN --stories STORIES
    python -m glowworm_tools.storyteller train --folder RUN --stories STORIES --minutes 480 --compile
    python -m glowworm_tools.storyteller export --folder RUN --out web/models/glowworm-story.gguf
    python -m glowworm_tools.storyteller evaluate web/models/glowworm-story.gguf --stories STORIES --run RUN

RUN is any folder. `train` goes on where it was interrupted when it is given again; `--pause-after 120` trains
a slice of two hours; as long as the run's ending has not begun, the next slice may name more minutes. RUN's
`trunk.pt` is the run before its ending: copied over `checkpoint.pt`, it lets a finished run grow longer.
STORIES holds the text that is not part of the project (`corpus.py` says what). `generate` prints stories and
conversations of the grammar, `sample` asks a model, `choices` writes what the story page offers.

Modules, from the words to the file. `data` and its folder hold what stories are made of; `wording` fills
templates; `lexicon` and `names` draw words, listed, held out and made up; `heroes`, `places`, `plots` and
`lessons` are a story's parts, `wishes` what may be asked for, `requests` how; `cast` is a story's state,
`grammar` tells it, `questions`, `conversation` and `small_talk` talk about it. `corpus`, `suitability` and
`reading` choose and word read stories; `mixture` is the stream of it all. `tokenizer`, `chat_format`,
`batches`, `model`, `quantisation`, `schedule` and `train` learn; `export` writes; `sample`, `judge` and
`evaluate` judge.
"""
