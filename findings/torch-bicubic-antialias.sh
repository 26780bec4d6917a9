#!/usr/bin/env bash
# PyTorch: antialias=True changes which cubic bicubic interpolation uses, on enlarging too.
#
# Expected, from the documentation of torch.nn.functional.interpolate: anti-aliasing matters for
# down-sampling, where it makes the result match Pillow's. An enlargement has nothing to alias, so
# the flag leaves it alone; with mode="bilinear" it does.
# Seen: with mode="bicubic" an enlargement changes by up to 6 % of the range. Without the flag the
# cubic has a = -0.75, with it a = -0.5, which is Pillow's.
# Exit: 0 while it is so, 1 once it is not.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install -q --disable-pip-version-check torch==2.13.0 numpy pillow==13.0.0
"$work/env/bin/python" - <<'PYTHON'
import sys

import numpy as np
import PIL
import torch
import torch.nn.functional as F
from PIL import Image

print("torch", torch.__version__, "Pillow", PIL.__version__)
small = torch.rand(1, 1, 8, 8, generator=torch.Generator().manual_seed(0))


def large(mode, antialias):
    options = {"mode": mode, "align_corners": False, "antialias": antialias}
    return F.interpolate(small, size=(32, 32), **options)[0, 0]


def apart(first, second):
    return (first - second).abs().max().item()


image = Image.fromarray(small[0, 0].numpy()).resize((32, 32), Image.Resampling.BICUBIC)
pillow = torch.from_numpy(np.array(image))
bilinear = apart(large("bilinear", False), large("bilinear", True))
bicubic = apart(large("bicubic", False), large("bicubic", True))
to_pillow = apart(large("bicubic", True), pillow)
print("8 x 8 to 32 x 32, largest difference")
print(f"  bilinear, with and without antialias: {bilinear:.7f}")
print(f"  bicubic, with and without antialias:  {bicubic:.7f}")
print(f"  bicubic with antialias, and Pillow:   {to_pillow:.7f}")

# Enlarged three times, a single pixel shows the cubic at thirds: at 4/3 it is 4 a / 27.
pixel = torch.zeros(1, 1, 9, 9)
pixel[0, 0, 4, 4] = 1
a = {}
for antialias in (False, True):
    options = {"mode": "bicubic", "align_corners": False, "antialias": antialias}
    a[antialias] = F.interpolate(pixel, scale_factor=3, **options)[0, 0, 13, 17].item() * 27 / 4
    print(f"  antialias={antialias}: a = {a[antialias]:.3f}")
as_seen = bilinear < 1e-5 and bicubic > 0.05 and to_pillow < 1e-5
as_seen = as_seen and abs(a[False] + 0.75) < 1e-3 and abs(a[True] + 0.5) < 1e-3
print("As seen before." if as_seen else "It behaves otherwise now.")
sys.exit(not as_seen)
PYTHON
