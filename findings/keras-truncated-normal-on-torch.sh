#!/usr/bin/env bash
# Keras on PyTorch: a truncated normal is not truncated everywhere.
#
# Expected, from the documentation of keras.random.truncated_normal: samples more than two standard
# deviations from the mean are discarded and drawn again, so no value is beyond two. The
# initialisers TruncatedNormal, HeNormal, LecunNormal and GlorotNormal promise the same.
# Seen: of four million values some twenty are beyond two, 0.0455 to the power of 4 of them: each
# value is drawn four times at once, and where all four are outside, the first is taken as it is.
# One HeNormal matrix of 784 x 512 has about two such weights.
# Exit: 0 while it is so, 1 once it is not.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install -q --disable-pip-version-check torch==2.13.0 numpy keras==3.15.1
KERAS_BACKEND=torch KERAS_HOME="$work" "$work/env/bin/python" - <<'PYTHON'
import sys

import keras
import numpy as np
import torch

print("keras", keras.__version__, "on torch", torch.__version__)
drawn = keras.random.truncated_normal((4_000_000,), mean=0.0, stddev=1.0, seed=0)
sizes = np.abs(keras.ops.convert_to_numpy(drawn))
beyond = int((sizes > 2).sum())
print(f"beyond two deviations: {beyond} of {sizes.size:,}; the largest {sizes.max():.3f}")

# HeNormal widens its normal by 1 / 0.8796 to make up for what truncation takes.
bound = 2 * (2 / 784) ** 0.5 / 0.87962566103423978
weight = keras.initializers.HeNormal(seed=0)((784, 512))
largest = float(np.abs(keras.ops.convert_to_numpy(weight)).max())
print(f"HeNormal 784 x 512: bound {bound:.4f}, largest weight {largest:.4f}")
as_seen = 5 <= beyond <= 50 and sizes.max() > 2.1 and largest > bound * 1.05
print("As seen before." if as_seen else "It behaves otherwise now.")
sys.exit(not as_seen)
PYTHON
