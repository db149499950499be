"""The recipe of the model that ships with the site: Gemma 3's shape, a few million parameters.

From nothing to the file, in order (PyTorch and the other needs come with the "train" extra):

    python -m glowworm_tools.storyteller tokenizer --folder RUN --stories STORIES
    python -m glowworm_tools.storyteller train --folder RUN --stories STORIES [--compile]
    python -m glowworm_tools.storyteller export --folder RUN --out web/models/glowworm-story.gguf
    python -m glowworm_tools.storyteller evaluate web/models/glowworm-story.gguf --stories STORIES --run RUN

RUN is any folder; a run that was interrupted goes on when `train` is given again. STORIES holds the text
that is not part of the project (`corpus.py` says what). `generate` prints stories of the grammar, `sample`
asks a model for one, `choices` writes what the story page offers.

Modules, from the words to the file: `choices`, `names`, `plots` and `lessons` are what stories are made of,
`wording` fills their templates, `requests` asks, `grammar` tells, `conversation` talks about it; `corpus`
adds read stories; `tokenizer`, `batches`, `model`, `quantisation` and `train` learn; `export` writes;
`sample` and `evaluate` judge.
"""
